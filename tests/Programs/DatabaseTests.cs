using FlexFs.Harness;

namespace FlexFs.Programs;

/// <summary>Databases: what they were told is committed is there, also for the other host that takes over.</summary>
public sealed class DatabaseTests(RestartingCluster shared) : RestartTests(shared)
{
    [Fact]
    public async Task Sqlite_of_both_mounts_loses_no_transaction()
    {
        Requirements.Programs("sqlite3");
        await UnderRestartsAsync(
            """
            sql() { sqlite3 -bail -cmd '.timeout 60000' "$@"; }
            sql $a/db "create table t(k integer primary key, n integer, pad text); create index i on t(n); insert into t values(1, 0, '');"
            # Each remembers what it was told: so many updates and inserts.
            work() { local i; for i in $(seq 10); do
              sql $1/db "begin immediate; update t set n = n + 1 where k = 1; insert into t(n, pad) values(-$i, hex(randomblob($((i * 300))))); commit"; echo >>$t/done; done; }
            again both work
            count=$(wc -l <$t/done)
            for m in $a $b; do [ "$(sql $m/db 'pragma integrity_check; select n from t where k = 1; select count(*) - 1 from t')" = "$(printf 'ok\n%d\n%d' $count $count)" ]; done
            """);
    }

    [Fact]
    public async Task Postgres_keeps_every_transaction_and_goes_on_on_the_other_host_after_a_crash()
    {
        Requirements.Programs("runuser");
        if (!Directory.Exists(Binaries)) Assert.Skip($"SKIPPED ALOUD: there is no PostgreSQL 15 in {Binaries}");
        await UnderRestartsAsync(
            "bin=" + Binaries +
            """

            master=''; trap '[ -z "$master" ] || kill -9 $master 2>/dev/null || true' EXIT
            pg() { runuser -u postgres -- "$@"; }
            port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
            sql() { $bin/psql -h 127.0.0.1 -p $port -U postgres -XAtc "$1"; }
            up() { pg $bin/postgres -D $1/data >>$t/postgres 2>&1 & server=$!; until $bin/pg_isready -q -h 127.0.0.1 -p $port -U postgres; do kill -0 $server || { tail $t/postgres; exit 1; }; sleep 0.05; done; master=$(head -n 1 $1/data/postmaster.pid); }
            install -d -m 700 -o postgres $a/data; pg $bin/initdb -k -D $a/data -A trust -U postgres >$t/initdb 2>&1 || { cat $t/initdb; exit 1; }
            printf "listen_addresses='127.0.0.1'\nport=$port\nunix_socket_directories=''\nshared_buffers='16MB'\n" >>$a/data/postgresql.conf
            up $a; pgbench() { $bin/pgbench -h 127.0.0.1 -p $port -U postgres "$@" postgres >$t/pgbench 2>&1 || { tail $t/pgbench; exit 1; }; }
            pgbench -i -s 1 -q; done=0
            round() { pgbench -n -c 4 -T $((2 * scale)); ! grep -q -e 'aborted' $t/pgbench; done=$((done + $(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' $t/pgbench))); }
            again round
            # What all four tables say is one: each transaction adds the same to each.
            sound() { sql "select (select count(*) from pgbench_history) = $done,
              (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history),
              (select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches), (select sum(tbalance) from pgbench_tellers) = (select sum(delta) from pgbench_history)"; }
            [ "$(sound)" = 't|t|t|t' ] || { sound; exit 1; }
            # The host is gone; the other one takes over.
            processes="$master $(pgrep -P $master | tr '\n' ' ')"; kill -9 $master; wait $server 2>/dev/null || true
            for one in $processes; do while kill -0 $one 2>/dev/null; do sleep 0.05; done; done; rm $b/data/postmaster.pid
            up $b; [ "$(sound)" = 't|t|t|t' ] || { sound; exit 1; }
            pgbench -n -c 2 -t 20; done=$((done + 40)); [ "$(sound)" = 't|t|t|t' ]; kill -INT $master; wait $server || true; master=''
            pg $bin/pg_checksums --check -D $a/data >$t/checksums 2>&1 || { cat $t/checksums; exit 1; }; ! grep -i 'panic' $t/postgres
            """);
    }

    private const string Binaries = "/usr/lib/postgresql/15/bin";
}
