"""Stand-ins for the outside: login platform, institutions, trading platform with SMS. Own processes.

    python -m app.sandbox init --dir var     write var/demo.json (keys are kept, addresses refreshed)
    python -m app.sandbox all --dir var      all three in one process; or: institution | login | trading

Environment of init, all on loopback: SANDBOX_LOGIN_PORT 8101, SANDBOX_INSTITUTION_PORT 8102, SANDBOX_TRADING_PORT
8103, PUBLIC_URL http://127.0.0.1:8000 (the platform). The others find these in the file, and read:

    SANDBOX_DELAY    seconds an institution thinks before each verdict, issue and repayment (1)
    SANDBOX_PRESIGN  guarantees signed beforehand, for benchmarks: "500" for each institution, or "BANK01:500,…" (0)
    SANDBOX_SENDERS  threads of the institutions' outbox (4)
    SANDBOX_SM2      institutions whose callbacks are signed with SM2-SM3: "GUA02,…"
    FONT_DIR         folder of Noto Serif SC (var/fonts or app/static/fonts, else the system's fonts)
    CLOCK_OFFSET     seconds added to the clock; POST /clock {"offset": …} moves the institutions' while they run

For tests and chaos the institutions answer on loopback: GET /ledger?order_no=…&institution=…, POST /misbehave
(app/sandbox/institution/behaviour.py lists the kinds), GET /livez. Texts: GET /sms.json?phone=…; lots: GET /lots.json.

var/demo.json (mode 0600) is all that the platform's demo data and the sandbox share:

    version       1
    platform      base_url · sm2 {key_id, public_key, private_key}: signs the platform's answers to callers it
                  does not know, and its calls to institutions that use SM2-SM3
    institutions  [{code "BANK01", name, short_name, kind bank|insurer|guarantor, uscc, intro, contact, phone,
                  service_phone, app_id, key {key_id, algorithm "HMAC-SM3", secret}, test_key {the same},
                  sm2 {key_id, public_key}, endpoint_url, certificate_pem (signs its guarantees),
                  regions ["430000", …], products [{product_code, name, type bank_guarantee|insurance_bond|
                  guarantor_guarantee, rate "0.0030", minimum_premium "200.00", limit "8000000.00",
                  categories [...], regions [...], description, terms}]}]
    trading       app_id · key · endpoint_url (C5) · page_url
    sms           url (POST {phone, text, key or header Idempotency-Key}, Bearer token) · token · inbox_url
    oidc          issuer · client_id · client_secret · register_url
    people        entities [{sub, name, uscc, roles, handler {name, id_no, phone}}] ·
                  staff [{sub, name, phone, roles, regions, institution (code or "")}]

Keys are hex. Money is yuan as in the interface. The institutions' private keys stay in var/sandbox/.
"""
