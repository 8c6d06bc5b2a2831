"""PostgreSQL's set-up, as far as it needs no server."""

from native import postgres
from native.paths import Instance


def test_statements_are_told_apart_by_semicolons():
    sql = "-- why\nCREATE ROLE a\n  LOGIN; -- here\nCREATE DATABASE a OWNER a;\n"

    assert postgres.statements(sql) == [
        "CREATE ROLE a LOGIN",
        "CREATE DATABASE a OWNER a",
    ]


def test_databases_are_said_one_per_line():
    listed = postgres.statements(postgres.DATABASES.read_text())

    assert "CREATE DATABASE payments OWNER payments" in listed


def test_it_listens_on_loopback_only(tmp_path, monkeypatch):
    monkeypatch.setattr("native.paths.DATA", tmp_path)
    (tmp_path / "default").mkdir()

    command = postgres.command(Instance(), 5432)

    assert "listen_addresses=127.0.0.1" in command
    assert "unix_socket_directories=" in command
    assert "port=5432" in command


def test_its_programs_came_with_the_packages():
    for name in ("postgres", "initdb", "pg_isready", "pg_dump", "psql"):
        assert postgres.tool(name).is_file()
