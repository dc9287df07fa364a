"""Where calls may go: every trick by which an address leads into the house, and the way to honest ones."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.protocol.calls import A14
from app.protocol.client import Client, NotAllowed
from app.protocol.reach import AddressRefused, Reach, networks, resolved
from app.protocol.signing import Algorithm, Key, new_secret

LOOPBACK = networks("127.0.0.1")
KEY = Key("K1", Algorithm.HMAC_SM3, new_secret())


def at(*addresses, allowed=()):
    """A reach whose names all stand for these addresses."""
    return Reach(allowed, lambda _host, _port: list(addresses))


class House(ThreadingHTTPServer):
    """Something that listens on the loopback and remembers who came."""

    def __init__(self, reply=(200, {})):
        self.hosts, self.reply = [], reply
        house = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                house.hosts.append(self.headers["Host"])
                status, headers = house.reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_POST = do_GET

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


@pytest.fixture
def house():
    made = House()
    yield made
    made.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.170", "192.0.2.1", "198.18.0.1", "203.0.113.9",
        "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
        "100::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1", "2002:c0a8:101::1",
        "2001:0:7f00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    ],
)  # fmt: skip
def test_no_call_leads_into_a_house(address):
    with pytest.raises(AddressRefused, match="内部网络"):
        at(address).addresses("bank.example", 443, secure=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "64:ff9b::808:808"])
def test_public_addresses_are_reached_over_https_only(address):
    assert at(address).addresses("bank.example", 443, secure=True) == [address]
    with pytest.raises(AddressRefused, match="https"):
        at(address).addresses("bank.example", 80, secure=False)


def test_one_inner_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(AddressRefused):
        at("8.8.8.8", "10.0.0.1").addresses("bank.example", 443, secure=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "0"])
def test_odd_ways_to_write_our_own_address_are_seen_through(host):
    with pytest.raises(AddressRefused, match="内部网络"):
        Reach().addresses(host, 443, secure=True)


def test_networks_an_operator_allowed_may_be_reached_and_their_neighbours_not():
    reach = at("10.20.3.4", allowed=networks("10.20.0.0/16, 127.0.0.1"))
    assert reach.addresses("bank.intern", 80, secure=False) == ["10.20.3.4"]
    with pytest.raises(AddressRefused):
        at("10.21.0.1", allowed=reach.allowed).addresses("bank.intern", 443, secure=True)
    with pytest.raises(AddressRefused):
        at("::ffff:127.0.0.1", allowed=reach.allowed).addresses("bank.intern", 443, secure=True)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("ftp://bank.example/", "https://"),
        ("https:///path", "https://"),
        ("bank.example", "https://"),
        ("https://user:pass@bank.example/", "用户名"),
        ("https://bank.example/?a=1", "?或#"),
        ("https://bank.example:99999/", "格式"),
        ("http://bank.example/api", "https"),
    ],
)
def test_an_address_somebody_gives_is_judged_in_words(url, word):
    assert word in at("8.8.8.8").problem(url)


def test_a_good_address_has_no_problem_and_an_unknown_name_has_one():
    assert at("8.8.8.8").problem("https://bank.example:8443/api") is None

    def nobody(_host, _port):
        raise OSError("no such name")

    assert "无法解析" in Reach((), nobody).problem("https://bank.example/")


def test_a_connection_goes_to_the_address_that_was_looked_at_under_its_own_name(house):
    asked = []

    def resolve(host, port):
        asked.append((host, port))
        return ["127.0.0.1"]

    with Reach(LOOPBACK, resolve).pool() as pool:
        answer = pool.request("GET", f"http://bank.example:{house.server_port}/")
    assert answer.status == 200
    assert house.hosts == [f"bank.example:{house.server_port}"]
    assert asked == [("bank.example", house.server_port)]


def test_a_name_that_changes_its_answer_gains_nothing(house):
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    reach = Reach(LOOPBACK, lambda _host, _port: next(answers))
    url = f"http://bank.example:{house.server_port}/"
    with reach.pool() as pool:
        assert pool.request("GET", url, headers={"Connection": "close"}).status == 200
        with pytest.raises(AddressRefused):
            pool.request("GET", url)
    assert len(house.hosts) == 1


def test_a_redirect_into_the_house_is_not_followed(house):
    door = House((302, {"Location": f"http://127.0.0.1:{house.server_port}/secret"}))
    with Reach(LOOPBACK, resolved).pool() as pool:
        answer = pool.request("GET", f"http://127.0.0.1:{door.server_port}/", redirect=False)
    door.close()
    assert (answer.status, house.hosts) == (302, [])


def test_a_client_sends_nothing_to_an_inner_address(house):
    client = Client(f"http://127.0.0.1:{house.server_port}", "BANK01", KEY, [KEY], reach=Reach())
    with pytest.raises(NotAllowed, match="内部网络"):
        client.call(A14, {"at": datetime.now(UTC)}, request_id="r1")
    assert house.hosts == []


def test_tls_is_shown_the_name_and_not_the_address(house, tmp_path):
    certificate = _certificate("bank.example", tmp_path)
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    house.socket = context.wrap_socket(house.socket, server_side=True)
    with at("127.0.0.1", allowed=LOOPBACK).pool(ca_certs=str(certificate)) as pool:
        answer = pool.request("GET", f"https://bank.example:{house.server_port}/")
    assert (answer.status, names) == (200, ["bank.example"])


def _certificate(name, folder):
    """A certificate of that name with its key, trusted by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_allowed_networks_are_read_as_they_are_written():
    assert [ip_address("10.20.9.9") in network for network in networks("10.20.0.0/16,127.0.0.1")] == [True, False]
    with pytest.raises(ValueError):
        networks("bank.example")
