"""Has a jail's filter read a line, as its thread would: what raises only then leaves a jail that looks well and
bans nobody (`fail2ban/server/filter.py`, `processLineAndAdd`, only logs it)."""
import time

LINE = "%s host sample[1]: one of many for somebody from 192.0.2.1 port 1" % time.strftime("%b %d %H:%M:%S")


def read_a_line(name):
    """Refuses each setting with which the jail cannot read."""
    jail = server._Server__jails[name]
    checks = [("", "line that it finds", process), ("bantime.formula", "ban", lengthen)]
    # A journal has no bytes, and knows the time of each entry.
    if not isinstance(jail.filter, JournalFilter):
        checks = [("logencoding", "line", decode), ("datepattern", "line", find_the_time)] + checks
    for setting, what, check in checks:
        try:
            check(jail)
        except Exception as error:
            refuse(name, setting, "fail2ban fails at every %s: %s" % (what, one_line(error)))
            return


def decode(jail):
    FileContainer.decode_line("sample", jail.filter.getLogEncoding(), LINE.encode() + b"\n")


def find_the_time(jail):
    jail.filter.dateDetector.matchTime(LINE)


def process(jail):
    # Nobody is asked for a name, and the line is as good as new in every time zone.
    jail.filter.setUseDns("no")
    jail.filter.inOperation = True
    is_journal = isinstance(jail.filter, JournalFilter)
    for _ in range(3):
        if is_journal:
            jail.filter.processLine(("", LINE[:15], LINE[15:]), time.time())
        else:
            jail.filter.processLine(LINE)


def lengthen(jail):
    """As for the second ban of an address (`fail2ban/server/observer.py`, `incrBanTime`)."""
    extra = jail.getBanTimeExtra()
    if extra.get("increment"):
        float(extra["evformula"](ObserverThread.BanTimeIncr(600, 1)))
