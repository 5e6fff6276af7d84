"""Tries the filters of several jails, each in a process of its own: an expression may hold that up, take all its memory
or end it, and the others are tried all the same. Follows try_filter.py.

The first line has the trials and their limits. An answer is a line of JSON, in the order of the trials.
"""
import logging
import resource
import select
import signal
import time

from fail2ban.server.ipdns import DNSUtils

# The most memory of a trial, in bytes: an expression may ask for any amount.
MOST_MEMORY = 1 << 30
# The longest pause between two trials.
LONGEST_PAUSE = 2


def nobody(*_):
    return []


def warm_up():
    """Has Python compile what every filter needs, once."""
    trial = Trial(False)
    trial.addFailRegex("^<HOST>$")
    trial.processLine("Nov 28 12:00:00 192.0.2.1")


def told(trial, commands):
    try:
        return {"Tried": answer(trial, commands)}
    except Untried as untried:
        return {"Untried": untried.args[0]}
    except MemoryError:
        return {"Untried": "Memory"}
    except Exception as error:
        return {"Untried": {"Failed": cut(one_line(error), LONGEST_LINE)}}


def begin(trial, commands, limits):
    """Begins a trial. Returns its process and where it answers."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child:
        os.close(write_end)
        return child, read_end
    try:
        # Also where nobody is left who would end it.
        resource.setrlimit(resource.RLIMIT_CPU, (limits["seconds"] + 2,) * 2)
        tell(json.dumps(told(trial, commands), ensure_ascii=False), write_end)
    finally:
        os._exit(0)


def until(end, read_end, most):
    """What is answered until then. None where that is not all."""
    answered = bytearray()
    while len(answered) <= most and select.select([read_end], [], [], max(0, end - time.monotonic()))[0]:
        part = os.read(read_end, 1 << 16)
        if not part:
            return bytes(answered)
        answered += part
    return None


def apart(trial, commands, limits, end):
    """The answer of a trial, and the seconds of work that it took."""
    child, read_end = begin(trial, commands, limits)
    answered = until(min(end, time.monotonic() + limits["seconds"]), read_end, limits["bytes"])
    os.close(read_end)
    os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    if answered is None:
        answered = b'{"Untried": "TooSlow"}'
    elif not answered:
        ended = {"Untried": {"Failed": "it was ended by signal %d" % os.WTERMSIG(status)}}
        answered = json.dumps(ended).encode()
    return answered, usage.ru_utime + usage.ru_stime


def main():
    # fail2ban and all else go first.
    try:
        os.nice(10)
    except PermissionError:
        # The unit of the broker forbids to change priorities, of which this is only a courtesy.
        pass
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    logging.disable(logging.CRITICAL)
    # The DNS is asked for nothing, whatever an expression finds.
    DNSUtils.dnsToIp = DNSUtils.ipToName = staticmethod(nobody)
    head, commands = read()
    warm_up()
    end = time.monotonic() + head["limits"]["seconds_of_all"]
    work = 0
    for trial in head["trials"]:
        # As long as it worked: together they take half a core.
        time.sleep(min(work, LONGEST_PAUSE))
        work = 0
        answered = b'{"Untried": "NoTime"}'
        if time.monotonic() < end:
            read_ahead(trial)
            answered, work = apart(trial, commands, head["limits"], end)
        write(answered + b"\n", ANSWER)


main()
