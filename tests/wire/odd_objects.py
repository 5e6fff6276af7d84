"""Writes odd objects as Python pickles them: a line each of the protocol, the object's name, the pickle
in hexadecimal digits and what it must read as, where that can be said."""

import array, collections, dataclasses, datetime, decimal, enum, fractions, functools, ipaddress, pathlib
import pickle, re, uuid


class Plain:
    def __init__(self, **state):
        self.__dict__.update(state)


class Slots:
    __slots__ = ("first", "second")


class Named:
    def __new__(cls, *, size):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return ((), {"size": 7})


class Text(str):
    pass


class Number(int):
    pass


class Items(list):
    pass


class Entries(dict):
    pass


class Address:
    def __reduce__(self):
        return (str, ("192.0.2.7",))


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Data:
    first: int
    second: str


Pair = collections.namedtuple("Pair", "first second")


def deep(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


def holds_itself(make):
    value = make()
    if isinstance(value, dict):
        value["self"] = value
    elif isinstance(value, list):
        value.append(value)
    elif isinstance(value, Plain):
        value.state = value
    else:
        value[0].append(value)
    return value


slots = Slots()
slots.first = 1
error = AttributeError("no attribute")
error.name, error.obj = "x", None
shared = ["a"]
function = functools.partial(int, base=2)

# A name, the object, and what it reads as: a text, or None where it is enough that it reads.
OBJECTS = [
    ("big", 2**70, str(2**70)),
    ("negative", -(2**70), str(-(2**70))),
    ("just beyond", 2**63, str(2**63)),
    ("largest", 2**63 - 1, str(2**63 - 1)),
    ("as a float's limit", int(1.7e308), str(int(1.7e308))),
    ("huge", 1 << 20000, hex(1 << 20000)),
    ("not a number", float("nan"), "NaN"),
    ("infinite", float("-inf"), "-inf"),
    ("set", {7}, None),
    ("frozen set", frozenset({7}), None),
    ("odd keys", {None: 1, (1, 2): "x", 1.5: [], False: {}}, "{None: 1, [1, 2]: 'x', 1.5: [], False: {}}"),
    ("bytes", b"\x00\xff", None),
    ("byte array", bytearray(b"x" * 300), None),
    ("nothing in them", [(), [], {}, "", b""], None),
    ("ellipsis", [..., NotImplemented], None),
    ("class", Plain, "<class __main__.Plain>"),
    ("function", len, None),
    ("plain", Plain(file="/etc/x"), None),
    ("without a state", Plain(), None),
    ("slots", slots, None),
    ("named arguments", Named(size=7), None),
    ("partial", function, None),
    ("text of its own class", Text("x"), None),
    ("number of its own class", Number(7), None),
    ("items", Items(range(2000)), None),
    ("entries", Entries({n: n for n in range(2000)}), None),
    ("address", [Address(), Address()], "['192.0.2.7', '192.0.2.7']"),
    ("enumeration", Colour.RED, None),
    ("data", Data(1, "x"), None),
    ("pair", Pair(1, "x"), "Pair[1, 'x']"),
    ("exception", ValueError("not banned", 7), "ValueError['not banned', 7]"),
    ("exception with a state", error, "AttributeError['no attribute']"),
    ("ordered", collections.OrderedDict(a=1), None),
    ("with a default", collections.defaultdict(list, a=[1]), None),
    ("queue", collections.deque([1, 2], maxlen=5), None),
    ("counter", collections.Counter("abca"), None),
    ("complex", 1 + 2j, "complex[1.0, 2.0]"),
    ("decimal", decimal.Decimal("1.5"), "Decimal['1.5']"),
    ("fraction", fractions.Fraction(1, 3), None),
    ("date", datetime.datetime(2026, 11, 22, tzinfo=datetime.timezone.utc), None),
    ("range", range(3), None),
    ("expression", re.compile("^x$"), None),
    ("path", pathlib.PurePosixPath("/etc/x"), None),
    ("network", ipaddress.ip_network("192.0.2.0/24"), None),
    ("uuid", uuid.UUID(int=7), None),
    ("array", array.array("i", [1, 2]), None),
    ("surrogate", "\udcff", "'\ufffd\ufffd\ufffd'"),
    ("long text", "é" * 70000, None),
    ("long list", list(range(5000)), str(list(range(5000)))),
    ("deep", deep(30), "[" * 30 + "]" * 30),
    ("shared", [shared, shared, (shared,)], "[['a'], ['a'], [['a']]]"),
    ("list in itself", holds_itself(list), "[…]"),
    ("dictionary in itself", holds_itself(dict), "{'self': …}"),
    ("tuple in itself", holds_itself(lambda: ([],)), "[[…]]"),
    ("wide tuple in itself", holds_itself(lambda: ([], 1, 2, 3, 4)), "[[…], 1, 2, 3, 4]"),
    ("object in itself", holds_itself(Plain), None),
]

for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
    for name, value, reads_as in OBJECTS:
        pickled = pickle.dumps((0, value), protocol)
        print(protocol, name, pickled.hex(), "" if reads_as is None else reads_as, sep="\t")
