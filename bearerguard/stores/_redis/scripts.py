"""Changes of one key, which the server does in one piece (EVAL), and in the same piece tells who listens.

Told is what the other stores tell too (`bearerguard.stores._row_triggers`), here by whoever makes the change.
Each touches one key only, so that it works in a Cluster. They are sent whole every time: they are short and
rare, and a server that was restarted, or took over, has not heard of them.
"""

from __future__ import annotations

# A value of another version is left alone, whatever is in it: see values.py for the places of the instants.
_CHECK = """
local function check(value)
  if string.byte(value) ~= 1 or #value < 36 then return redis.error_reply('BEARERGUARD not a record') end
end
"""

# KEYS: of the token. ARGV: the value, for how many milliseconds it is kept ('' for ever), the channel, the
# digest. 1 where there was none, else nothing. For a record whose being there revokes.
ADD = """
local done
if ARGV[2] == '' then done = redis.call('SET', KEYS[1], ARGV[1], 'NX')
else done = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) end
if not done then return false end
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
"""

# KEYS: of the token. ARGV: revoked_at, the channel, the digest. 1 if it was this call that revoked it. It is
# told also where it was revoked before, or is not there any more: the first telling may have been in vain, or
# there was none, and there may be copies. A server without memory only lets forget: a token that nobody knows
# is as bad as a revoked one.
REVOKE = (
    _CHECK
    + r"""
local known = redis.call('GET', KEYS[1])
if not known then
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  return 0
end
local problem = check(known)
if problem then return problem end
local done = 0
if string.sub(known, 18, 25) == '\127\240\0\0\0\0\0\0' then
  local answer = redis.pcall('SETRANGE', KEYS[1], 17, ARGV[1])
  if type(answer) == 'table' and answer.err then redis.call('DEL', KEYS[1]) end
  done = 1
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return done
"""
)

# KEYS: of the token. ARGV: the value, for how many milliseconds it is kept ('' for ever), the channel, the
# digest, '1' to take over a revocation too, '1' to tell of it also where it is new.
EXTEND = (
    _CHECK
    + r"""
local known = redis.call('GET', KEYS[1])
if not known then
  if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1])
  else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
else
  local problem = check(known)
  if problem then return problem end
  local never = math.huge
  local issued, expires, revoked = struct.unpack('>ddd', known, 2)
  local given_issued, given_expires, given_revoked = struct.unpack('>ddd', ARGV[1], 2)
  if ARGV[5] == '1' and given_revoked ~= never and (revoked == never or given_revoked > revoked) then
    revoked = given_revoked
  end
  issued = math.max(issued, given_issued)
  local latest = math.max(expires, given_expires)
  redis.call('SETRANGE', KEYS[1], 1, struct.pack('>ddd', issued, latest, revoked))
  if given_expires > expires then
    if ARGV[2] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
  end
end
if known or ARGV[6] == '1' then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return 1
"""
)

# KEYS: of the token. ARGV: the value, the channel ('' to tell nobody), the digest. Forget it if it is still
# that one, whenever it was used.
FORGET = """
local known = redis.call('GET', KEYS[1])
if not known or string.sub(known, 1, 25) ~= string.sub(ARGV[1], 1, 25)
  or string.sub(known, 34) ~= string.sub(ARGV[1], 34) then return 0 end
if ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return redis.call('DEL', KEYS[1])
"""

# KEYS: of the token. ARGV: when it was used. 1 if that is later than what was known, else 0; also for what is
# no record, which must not keep those of other tokens from being written.
USE = (
    _CHECK
    + """
local known = redis.call('GET', KEYS[1])
if not known or check(known) then return 0 end
local used = struct.unpack('>d', known, 26)
local given = struct.unpack('>d', ARGV[1])
if not (given > used) then return 0 end
redis.call('SETRANGE', KEYS[1], 25, ARGV[1])
return 1
"""
)

# KEYS: of any token, so that it is clear who is asked. ARGV: the channel, what to tell.
TELL = """
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 0
"""
