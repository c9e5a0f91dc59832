using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs.Coherence;

/// <content>What needs no metadata server.</content>
public abstract partial class CoherenceTests
{
    [Fact]
    public async Task What_is_cached_is_served_without_the_metadata_server_until_the_lease_is_over()
    {
        await RunAsync(
            """
            os.mkdir(f'{A}/d')
            for i in range(20): put(f'{A}/d/{i}', b'x' * 100)
            for i in range(20): os.stat(f'{A}/d/{i}'); get(f'{A}/d/{i}')
            """);
        var meta = Cluster.Meta.Id;
        await BashAsync($"kill -STOP {meta}");
        try
        {
            // Within the term of ten seconds: what the mount holds a lease of it answers by itself.
            await RunAsync("for i in range(20): is_(os.stat(f'{A}/d/{i}').st_size, 100)");
        }
        finally
        {
            await BashAsync($"kill -CONT {meta}");
        }

        await RunAsync("put(f'{B}/d/0', b'yy'); is_(get(f'{A}/d/0'), b'yy')");
    }
}
