"""Write a challenge, the content of WWW-Authenticate (RFC 9110 section 11.6.1, RFC 6750 section 3).

challenge  = auth-scheme 1*SP auth-param *( "," auth-param )
auth-param = token "=" quoted-string
"""

from __future__ import annotations

from bearerguard.wire.fields import is_plain_quotable


def dump_challenge(auth_scheme: str, parameters: dict[str, str]) -> str:
    """Write one challenge; parameters keep their order.

    Raises ValueError on a character that the grammar forbids: nothing is escaped, so nothing can
    break out of its quotes.
    """
    for name, value in parameters.items():
        if not is_plain_quotable(value):
            raise ValueError(f"{name} holds a character that cannot stand in a challenge")
    return f"{auth_scheme} " + ", ".join(f'{name}="{value}"' for name, value in parameters.items())
