"""Judges what a configuration names outside of fail2ban, without touching it: where to log, and the database.

With `is_start` as a start takes them, which opens both. Otherwise as a reload does, which leaves alone what
stays as it is.
"""
import shutil
import sqlite3
import tempfile
from urllib.parse import quote


def is_writable(path):
    """Whether a file could be written or made there. A directory that says so may still take none, as `/proc`."""
    if os.path.exists(path):
        return os.access(path, os.W_OK)
    try:
        tempfile.TemporaryFile(dir=os.path.dirname(path)).close()
        return True
    except OSError:
        return False


def log_target(text):
    """The target (`fail2ban/server/server.py`, `setLogTarget`)."""
    target, options = extractOptions(text)
    is_kept = target == head["log_target"]
    if (is_kept and not head["is_start"]) or target.upper() in ("INHERITED", "STDOUT", "SYSOUT", "STDERR"):
        return target
    logging.Formatter(options.get("format") or None)
    if target.upper() == "SYSTEMD-JOURNAL":
        import systemd.journal
    elif target.upper() == "SYSLOG":
        open_syslog()
    else:
        path = os.path.realpath(target)
        if os.path.isdir(path):
            raise ValueError("%s is a directory" % target)
        if os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode):
            raise ValueError("%s is a named pipe, which fail2ban would wait for" % target)
        # What the daemon writes to already it may write to, whatever holds for this process.
        if not is_kept and not is_writable(path):
            raise ValueError("fail2ban cannot write to %s" % target)
    return target


def open_syslog():
    sockets = [command[2] for command in commands if command[:2] == ["set", "syslogsocket"]]
    socket = "/dev/log" if sockets[-1:] in ([], ["auto"]) else sockets[-1]
    if not os.path.exists(socket):
        raise ValueError("There is no syslog socket %s" % socket)
    if not stat.S_ISSOCK(os.stat(socket).st_mode):
        raise ValueError("%s is no socket" % socket)


def database(text):
    """The database; None where it is switched off (`fail2ban/server/server.py`, `setDatabase`)."""
    if text.lower() == "none":
        return None
    if head["is_start"] and text != head["database"] and text not in ("", ":memory:"):
        open_database(text)
    return text


def open_database(name):
    path = os.path.realpath(name)
    if os.path.isdir(path):
        raise ValueError("%s is a directory" % name)
    if os.path.exists(path):
        if not os.path.isfile(path):
            raise ValueError("%s is not a file" % name)
        if not os.access(path, os.W_OK):
            raise ValueError("fail2ban cannot write to %s" % name)
        if os.path.getsize(path):
            use_database(name, path)
        return
    # fail2ban makes the last directory of the path (`_make_file_path`).
    directory = os.path.dirname(path)
    if not is_writable(path if os.path.isdir(directory) else directory):
        raise ValueError("fail2ban cannot write to %s" % name)


def use_database(name, path):
    """Has fail2ban open a copy that has the tables and no rows but that of its version."""
    connection = sqlite3.connect("file:%s?mode=ro" % quote(path), uri=True)
    try:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        tables = [sql for own, sql in made if not own.startswith("sqlite_")]
        is_own = "fail2banDb" in dict(made)
        versions = connection.execute("SELECT version FROM fail2banDb").fetchall() if is_own else []
    except sqlite3.DatabaseError as error:
        # fail2ban would move a file away that is no database, and begin anew.
        raise ValueError("fail2ban cannot use %s: %s" % (name, one_line(error)))
    finally:
        connection.close()
    directory = tempfile.mkdtemp()
    try:
        copy = os.path.join(directory, "copy.sqlite3")
        connection = sqlite3.connect(copy)
        for table in tables:
            connection.execute(table)
        connection.executemany("INSERT INTO fail2banDb(version) VALUES (?)", versions)
        connection.commit()
        connection.close()
        opened = Fail2BanDb(copy)
        opened.delAllJails()
        opened.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
