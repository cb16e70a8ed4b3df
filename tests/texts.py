"""The challenges that requests in odd shapes are answered with."""

from __future__ import annotations

from tests.support import bad_request

HEADER_REPEATED = bad_request("The Authorization field must not be repeated.")
HEADER_MALFORMED = bad_request(
    "The Authorization field is malformed: it must be the word Bearer, a space and one token."
)
PARAMETER_REPEATED = bad_request("The access_token parameter must not be repeated, nor its name encoded.")
PARAMETER_MALFORMED = bad_request("The access_token parameter is empty or malformed.")
TOO_LONG = bad_request("The access token is too long.")
NOT_ASCII = bad_request("A form body that may carry a token must be ASCII.")
TOO_LARGE = bad_request("The form body is larger than this resource server reads in search of a token.")
TOO_SLOW = bad_request("The form body did not arrive in time.")
CUT_SHORT = bad_request("The form body ended before its announced length.")
MALFORMED = bad_request("The form body is malformed: its chunks cannot be read.")
