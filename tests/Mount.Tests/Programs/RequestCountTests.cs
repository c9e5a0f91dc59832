using System.Net.Http.Headers;
using System.Text.Json;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>How often a mount asks the metadata server, by the server's own count.</summary>
public sealed class RequestCountTests(SharedCluster shared) : ProgramTests(shared)
{
    private const string Look = """
        look() { (cd $1 && for i in 1 2 3; do ls -la . d1 d2 > $t/seen; stat -c '%n %s %Y %a' d1/* d2/* >> $t/seen
          for f in d1/*; do test -e ${f}x && exit 1; test -L $f && exit 1; test -r $f || exit 1; done; ls -R . > $t/seen; done); }

        """;

    [Fact]
    public async Task Two_mounts_in_folders_of_their_own_ask_nothing_of_what_they_know()
    {
        await BashAsync(
            Look + """
            for m in a b; do
              mkdir -p ${!m}/$m/d1 ${!m}/$m/d2
              for i in $(seq 200); do echo $i > ${!m}/$m/d1/f$i; done
              for i in $(seq 50); do ln -s ../d1/f$i ${!m}/$m/d2/l$i; mkdir ${!m}/$m/d2/s$i; done
              look ${!m}/$m
            done
            """);
        _ = await QuietAsync();

        // Once more, now that the first access of each folder was told.
        await BashAsync(Look + "look $a/a; look $b/b");
        var before = await QuietAsync();
        await BashAsync(Look + "look $a/a & look $b/b; wait $!");
        var asked = await CountAsync() - before;

        // 9 listings and 1,500 names and attributes on each mount, for longer than the kernel keeps names.
        Assert.True(asked == 0, $"the metadata server was asked {asked} times");
    }

    // Closes and access times are told a little later.
    private async Task<long> QuietAsync()
    {
        for (var count = await CountAsync(); ;)
        {
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            var later = await CountAsync();
            if (later == count) return count;
            count = later;
        }
    }

    // Requests that read, and changes that were written down; what only renews leases asks nothing.
    private async Task<long> CountAsync()
    {
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = static (_, _, _, _) => true };
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{Cluster.MetaAddress}/v1/status");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Cluster.MetaToken);
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        using var status = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return status.RootElement.GetProperty("reads").GetInt64() + status.RootElement.GetProperty("commits").GetInt64();
    }
}
