"""Stand-ins for the outside: login platform, institutions, trading platform with SMS. Own processes.

    python -m app.sandbox init --dir var     write var/demo.json (keys are kept, addresses refreshed)
    python -m app.sandbox all --dir var      all three in one process; or: institution | login | trading

Environment: SANDBOX_LOGIN_PORT 8101, SANDBOX_INSTITUTION_PORT 8102, SANDBOX_TRADING_PORT 8103 on loopback,
PUBLIC_URL http://127.0.0.1:8000 (the platform), SANDBOX_DELAY seconds an institution thinks (1),
SANDBOX_PRESIGN guarantees signed beforehand (0), FONT_DIR folder of a Chinese font, CLOCK_OFFSET seconds
added to the clock.

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
    sms           url (POST {phone, text, reference, at}, Bearer token) · token · inbox_url
    oidc          issuer · client_id · client_secret · register_url
    people        entities [{sub, name, uscc, roles, handler {name, id_no, phone}}] ·
                  staff [{sub, name, phone, roles, regions, institution (code or "")}]

Keys are hex. Money is yuan as in the interface. The institutions' private keys stay in var/sandbox/.
"""
