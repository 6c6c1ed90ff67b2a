"""The reading ways that PEP 3333's validator allows (it wants a size for read)."""

from wsgiref.validate import validator

import body_reader

app = validator(body_reader.app)
