"""form-js documents: read, drawn as accessible HTML, turned into typed data. Pure: no store, no network.

    form = formjs.load(schema)                       # FormError names everything that is wrong with the document
    form.render(values, errors, ctx) -> Markup       # values: data as read() returns it, or request.form as it was sent
    form.read(request.form, request.files, ctx=ctx)  # typed data, or BadInput(fields={key: sentence})
    form.schema(ctx)                                 # the same rules as a marshmallow schema, for JSON callers
    form.shown(values, ctx)                          # [(label, words)] for a page to check or to decide on
    form.fields                                      # key, label, type, required, secrecy

`ctx` carries what the document refers to: choices under their `valuesKey`, the facts that `conditional.hide` and
`valuesExpression` name, and `sms_url` (where 获取验证码 asks).

What a document may say beyond form-js itself, in a component's `properties`:
    money: "yuan"            number or text in yuan, read as integer fen
    format: phone | tel | uscc | idcard | email | url | sms
    checkDigit: warn | strict   (uscc; default: warn, see form.doubts())
    secrecy: personal | sealed  masked when only shown, never kept in a browser's draft
    placeholder, autocomplete, hint, patternHint (the sentence when `validate.pattern` fails)
    phone, purpose           (sms) key of the phone field and what the code is for
    maxSize: "50M", maxFiles: 5   (filepicker; `accept` lists pdf, zip, png, jpg)
    rows: 6                  (textarea)
"""

from app.formjs.document import FormError, Problem, load
from app.formjs.form import Form
from app.formjs.uploads import Upload

__all__ = ["Form", "FormError", "Problem", "Upload", "load"]
