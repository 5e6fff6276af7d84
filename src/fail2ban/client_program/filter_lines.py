"""The lines that a filter is tried on, read as fail2ban reads them. Follows stream.py."""
import errno
import functools
import itertools
import stat

from fail2ban.server.filter import FileContainer

MOST_LINES = 2000
MOST_BYTES = 1 << 20
# Of a jail with more logs than these, the rest is not read.
MOST_LOGS = 100


class Untried(Exception):
    """The filter cannot be tried, for a reason that is told."""


def of_logs(paths, root, encoding):
    """The last lines of each log, and what became of it. The logs share the limits."""
    read, lines = [], []
    paths = paths[:MOST_LOGS]
    for path in paths:
        try:
            begin, data, written = seen_from(root, path, MOST_BYTES // len(paths))
        except OSError as error:
            read.append({"path": path, "lines": 0, "fault": fault(error), "lag": None})
        else:
            # The first one is not whole.
            own = decoded(path, encoding, data)[1 if begin else 0:][-(MOST_LINES // len(paths)):]
            # Of a line that is being written the time is not known.
            is_whole = own and data.endswith("\n".encode(encoding))
            read.append({"path": path, "lines": len(own), "fault": None, "lag": written if is_whole else None})
            lines += own
    return read, [(line, None) for line in lines]


def read_ahead(trial):
    """Reads the logs of a trial that several jails may read."""
    if trial["source"]["kind"] == "files":
        paths = trial["source"]["lines"][:MOST_LOGS]
        for path in paths:
            try:
                seen_from(trial["root"], path, MOST_BYTES // len(paths))
            except Exception:
                # The trial finds the same, and tells it.
                pass


def fault(error):
    if isinstance(error, FileNotFoundError):
        return "Gone"
    if isinstance(error, PermissionError):
        return "Denied"
    if error.errno == errno.ENODEV:
        return "NoFile"
    return {"Failed": one_line(error.strerror)}


def seen_from(root, path, most_bytes):
    """The daemon's own file, which may be in a container; or the one here of that name."""
    if root:
        try:
            return end_of(root + path, most_bytes)
        except OSError:
            pass
    return end_of(path, most_bytes)


# Of the last ones that were read, as several jails may read one log.
@functools.lru_cache(maxsize=16)
def end_of(path, most_bytes):
    """Where the last bytes of a file begin, those, and when it was written last."""
    # What is no file is not even opened: a pipe would wait, and a device may do something.
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.ENODEV, "")
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.ENODEV, "")
        # A character of UTF-16 or UTF-32 begins at a multiple of its width.
        begin = max(0, status.st_size - most_bytes) // 4 * 4
        data = os.pread(file, min(status.st_size, most_bytes + 4), begin)
    finally:
        os.close(file)
    return begin, data, status.st_mtime


def decoded(path, encoding, data):
    """The lines of `data` up to the last line end, as `FileContainer.readline` decodes them. fail2ban too waits for the
    end of a line that is being written."""
    if len("\n".encode(encoding)) > 1:
        lines = data.decode(encoding, "replace").split("\n")[:-1]
    else:
        lines = [FileContainer.decode_line(path, encoding, line) for line in data.split(b"\n")[:-1]]
    return [line.rstrip("\r\n") for line in lines]


def pasted(text):
    return [], [(line.rstrip("\r"), None) for line in text.split("\n")[-MOST_LINES:]]


def of_journal(matches, backend, encoding):
    """The last entries of the journal that the jail's matches find."""
    try:
        from fail2ban.server.filtersystemd import FilterSystemd
    except ImportError as error:
        raise Untried({"NoJournalModule": one_line(error)})
    try:
        journal = FilterSystemd(None, **backend)
        journal.setLogEncoding(encoding)
        for match in matches:
            journal.addJournalMatch(match)
        reader = journal.getJournalReader()
        reader.seek_tail()
        entries = itertools.islice(iter(reader.get_previous, {}), MOST_LINES)
        lines = [journal.formatJournalEntry(entry) for entry in entries]
    except (OSError, ValueError, RuntimeError, TypeError) as error:
        raise Untried({"Journal": one_line(error)})
    return [], lines[::-1]
