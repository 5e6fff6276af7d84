"""Has a jail's filter read lines, by fail2ban's own code and as the running daemon has it set. Changes nothing and asks
nobody. Follows stream.py and filter_lines.py.

The commands are those of the configuration about what the daemon does not tell whole: `add` with the options of a
backend, and `datepattern`.
"""
import ipaddress
import re

from fail2ban.helpers import extractOptions
from fail2ban.server.failregex import Regex
from fail2ban.server.failregex import R_HOST, RI_ADDR, RI_HOST, RI_SUBNET
from fail2ban.server.filter import Filter

# The longest text of a line that is shown, and of a group.
LONGEST_LINE = 600
LONGEST_GROUP = 120
MOST_GROUPS = 12
MOST_SUSPICIOUS = 5
# Groups that only fail2ban itself has a use for (`fail2ban/server/filter.py`, `_mergeFailure`).
INNER = re.compile("mlf|nofail|matches|cond_|alt_|tuple_|skiplines")

# A line looks like a failed login if it has a word of both kinds, and an address: a guess.
FAILED = re.compile(
    r"\b(?:fail(?:ed|ure|s)?|invalid|illegal|unknown|incorrect|wrong|bad|den(?:ied|y)|refused?|reject(?:ed)?|mismatch"
    r"|not (?:found|allowed|known)|unauthori[sz]ed|no such)\b", re.I)
LOGIN = re.compile(
    r"(?:passw|\blog[- ]?[io]n|\bauth|unauthori[sz]ed|\busers?\b|username|publickey|credential|\baccount|\baccess denied"
    r"|connect from)", re.I)
# What a visitor sends stands in quotes.
QUOTED = re.compile(r'"[^"]*"')
ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:]))", re.I)


def looks_like_a_failed_login(line):
    line = QUOTED.sub('""', line)
    return bool(FAILED.search(line) and LOGIN.search(line) and any(map(is_address, ADDRESS.findall(line))))


def is_address(text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified)


class Trial(Filter):
    """A filter that notes what becomes of a line."""

    def __init__(self, names_count):
        super().__init__(None)
        # No line is too old. A name that the daemon would look up counts, and is not looked up.
        self.checkFindTime = False
        self.returnRawHost = names_count
        self.onIgnoreRegex = lambda *_: self.note("ignored")
        self.noted = set()
        self.date = None

    def note(self, what):
        self.noted.add(what)

    def findFailure(self, tupleLine, date, noDate=False):
        if noDate:
            self.note("without date")
        else:
            self.date = date
        return super().findFailure(tupleLine, date, noDate=noDate)

    def _mergeFailure(self, *arguments):
        self.note("noticed")
        return super()._mergeFailure(*arguments)

    def read(self, line, date):
        """The record of a line. `line` is a tuple if it is of the journal."""
        text = line if isinstance(line, str) else "".join(line)
        self.noted, self.date = set(), None
        found, broken = [], None
        try:
            found = self.processLine(line, date)
        except Exception as error:
            broken = one_line(error)
        record = {"line": text, "broken": broken, "has_date": "without date" not in self.noted, "found": None}
        record["date"] = self.date
        record["outcome"] = next((kind for kind in ("ignored", "noticed") if kind in self.noted), "unmatched")
        if found:
            index, identifier, time, fail = found[0]
            record.update(outcome="matched", found=finding(index, identifier, time, fail))
            record["lines"] = ["".join(own) for own in fail.get("matches", []) if isinstance(own, tuple)]
        return record


def finding(index, identifier, time, fail):
    host = next((fail[name] for name in ("ip4", "ip6", "dns", "fid") if isinstance(fail.get(name), str)), None)
    groups = [
        (cut(name, LONGEST_GROUP), cut(value, LONGEST_GROUP))
        for name, value in sorted(fail.items(), key=lambda item: str(item[0]))
        if isinstance(name, str) and isinstance(value, str) and value and not INNER.match(name)
    ]
    return {
        "expression": index,
        "id": cut(str(identifier), LONGEST_GROUP),
        "host": host and cut(host, LONGEST_GROUP),
        "time": int(time) if isinstance(time, (int, float)) and abs(time) < 1e12 else None,
        "groups": groups[:MOST_GROUPS],
    }


def cut(text, most):
    return text if len(text) <= most else text[:most - 1] + "…"


def configured(trial, head, commands):
    """Gives the filter the settings that the daemon told, each with fail2ban's own checks."""
    settings = head["settings"]
    attempt("logencoding", None, trial.setLogEncoding, settings["logencoding"] or "auto")
    attempt("usedns", None, trial.setUseDns, settings["usedns"] or "warn")
    attempt("maxlines", None, trial.setMaxLines, settings["maxlines"])
    attempt("logtimezone", None, trial.setLogTimeZone, settings["logtimezone"])
    attempt("datepattern", None, set_date_pattern, trial, head, commands)
    if settings["prefregex"]:
        attempt("prefregex", None, setattr, trial, "prefRegex", settings["prefregex"])
    for setting, add in (("failregex", trial.addFailRegex), ("ignoreregex", trial.addIgnoreRegex)):
        for index, expression in enumerate(settings[setting]):
            attempt(setting, index, add, expression)


def attempt(setting, index, what, *arguments):
    try:
        what(*arguments)
    except Exception as error:
        words = cut(one_line(reason(error, arguments[-1])), LONGEST_LINE)
        raise Untried({"Refused": {"setting": setting, "index": index, "words": words}})


def reason(error, expression):
    """The words for an expression as it was typed: fail2ban's are about one with all that stands for <HOST> in it."""
    cause = error.__context__
    if not isinstance(cause, re.error):
        return folded(str(error) or type(error).__name__)
    # Without names the two are one, and they are of the same length.
    same = lambda text: text.replace("<ADDR>", "<HOST>")
    is_as_typed = cause.pos is not None and same(folded(cause.pattern)) == same(expression)
    return "%s at position %d" % (cause.msg, len(folded(cause.pattern[:cause.pos]))) if is_as_typed else cause.msg


def set_date_pattern(trial, head, commands):
    told = head["settings"]["datepattern"]
    if told is None:
        return
    # Of several patterns the daemon tells one, or none; the configuration has them all.
    for command in commands:
        if command[0] == "set" and command[1:3] == [head["jail"], "datepattern"]:
            trial.setDatePattern(command[3])
            if list(trial.getDatePattern()) == told:
                return
    pattern, name = told
    trial.setDatePattern(pattern or ("{DEFAULT}" if name == "Default Detectors" else name))


def backend_of(head, commands):
    """The options of the jail's backend, as in `systemd[journalflags=1]`."""
    own = [command[2] for command in commands if command[:2] == ["add", head["jail"]] and len(command) > 2]
    return dict(extractOptions(own[-1])[1]) if own and own[-1].startswith("systemd") else {}


# What fail2ban writes for a tag, the longest first: with it nobody could read an expression.
TAGS = [(R_HOST[RI_HOST], "<HOST>"), (R_HOST[RI_SUBNET], "<SUBNET>"), (R_HOST[RI_ADDR], "<ADDR>")]


def folded(expression):
    for long, tag in TAGS:
        expression = expression.replace(long, tag)
    return expression


def lines_of(head, commands, encoding):
    kind, source = head["source"]["kind"], head["source"]["lines"]
    if kind == "files":
        return of_logs(source, head["root"], encoding)
    if kind == "journal":
        return of_journal(source, backend_of(head, commands), encoding)
    return pasted(source)


def records(trial, lines):
    """A record for each line. Of several lines that match together, the last one counts."""
    all = []
    for line, date in lines:
        record = trial.read(line, date)
        if trial.getMaxLines() > 1 and record["found"]:
            for earlier in all[-trial.getMaxLines():]:
                if earlier["outcome"] == "unmatched" and earlier["line"] in record["lines"]:
                    earlier["outcome"] = "noticed"
        all.append(record)
    return all


def add_lag(logs, all):
    """How many seconds before the last change of each log its last line is, by the time in it."""
    end = 0
    for log in logs:
        end += log["lines"]
        written, date = log["lag"], all[end - 1]["date"] if log["lines"] else None
        log["lag"] = None if written is None or date is None else int(written - date)


def shown(all, most):
    """The newest lines of each kind, in the order of the log."""
    room = {}
    kept = []
    for record in reversed(all):
        kind = record["outcome"], record["suspicious"]
        room[kind] = room.get(kind, most) - 1
        if room[kind] >= 0:
            keys = ("outcome", "suspicious", "has_date", "found")
            kept.append({"text": cut(record["line"], LONGEST_LINE), **{key: record[key] for key in keys}})
    return kept[::-1]


def answer(head, commands):
    trial = Trial(head["settings"]["usedns"] in ("yes", "warn", None))
    configured(trial, head, commands)
    logs, lines = lines_of(head, commands, trial.getLogEncoding())
    if logs and all(log["fault"] for log in logs):
        raise Untried({"Unread": logs})
    all_records = records(trial, lines)
    add_lag(logs, all_records)
    all_records = [record for record in all_records if record["line"].strip()]
    for record in all_records:
        is_left = record["outcome"] == "unmatched"
        record["suspicious"] = is_left and looks_like_a_failed_login(record["line"])
    count = lambda holds: sum(1 for record in all_records if holds(record))
    broken = [record["broken"] for record in all_records if record["broken"]]
    suspicious = [record["line"] for record in all_records if record["suspicious"]]
    return {
        "lines": len(all_records),
        "matched": count(lambda record: record["outcome"] == "matched"),
        "ignored": count(lambda record: record["outcome"] == "ignored"),
        "noticed": count(lambda record: record["outcome"] == "noticed"),
        "unmatched": count(lambda record: record["outcome"] == "unmatched"),
        "without_date": count(lambda record: not record["has_date"]),
        "suspicious_count": len(suspicious),
        "suspicious": [cut(line, LONGEST_LINE) for line in suspicious[-MOST_SUSPICIOUS:]],
        "broken": {"lines": len(broken), "words": cut(broken[-1], LONGEST_LINE)} if broken else None,
        "logs": logs,
        "shown": shown(all_records, head["most_shown"]),
        "newest": max((record["found"]["time"] or 0 for record in all_records if record["found"]), default=None),
        "expressions": {
            "failregex": [folded(text) for text in trial.getFailRegex()],
            "ignoreregex": [folded(text) for text in trial.getIgnoreRegex()],
            "prefregex": folded(head["settings"]["prefregex"] or "") or None,
        },
    }
