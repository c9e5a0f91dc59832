using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>SQLite on either mount.</summary>
public sealed class DatabaseTests(SharedCluster shared) : ProgramTests(shared)
{
    [Fact]
    public async Task Sqlite_commits_rolls_back_and_finds_its_database_whole_on_the_other_mount()
    {
        Requirements.Programs("sqlite3");
        await BashAsync(
            """
            sql() { sqlite3 -bail "$@"; }
            sql $a/db "create table t(k integer primary key, v text); create index i on t(v);
              begin; with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
              insert into t select i, hex(randomblob(40)) from n; commit;"
            [ "$(sql $b/db 'pragma integrity_check; select count(*) from t')" = "$(printf 'ok\n5000')" ]
            sql $b/db "begin; delete from t where k > 100; rollback; begin; update t set v = 'x' where k <= 10; commit"
            soon eval '[ "$(sql $a/db "select count(*) from t where v = '"'x'"'")" = 10 ]'
            [ "$(sql $a/db 'pragma integrity_check; select count(*) from t')" = "$(printf 'ok\n5000')" ]
            for i in $(seq 20); do sql $a/db "insert into t(v) values('one by one')"; done
            sql $a/db "vacuum; pragma integrity_check" | grep -qx ok
            soon eval '[ "$(sql $b/db "select count(*) from t")" = 5020 ]'
            """);
    }

    [Fact]
    public async Task Sqlite_with_a_write_ahead_log_works_on_one_mount()
    {
        Requirements.Programs("sqlite3");
        var output = await BashAsync(
            """
            sqlite3 -bail $a/wal "pragma journal_mode=wal; create table t(k integer primary key, v blob);"
            for i in $(seq 10); do sqlite3 -bail $a/wal "begin; insert into t(v) values(randomblob(20000)); insert into t(v) values('y'); commit"; done
            sqlite3 -bail $a/wal "pragma wal_checkpoint(truncate); pragma integrity_check; select count(*) from t"
            """);
        Assert.Equal(["wal", "0|0|0", "ok", "20"], output.Split('\n'));
    }
}
