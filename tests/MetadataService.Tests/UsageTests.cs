using FlexFs.MetadataService.Tests.Peers;

namespace FlexFs.MetadataService.Tests;

public sealed class UsageTests
{
    [Fact]
    public async Task Open_volumes_say_what_is_stored_in_them()
    {
        await using var service = new TestService();
        Assert.Empty(await service.Server.UsageAsync());
        await using var client = await TestClient.ConnectAsync(service);
        await client.CreateAsync("a").SoonAsync();
        await client.CreateAsync("b").SoonAsync();
        var usage = Assert.Single(await service.Server.UsageAsync().SoonAsync());
        Assert.Equal(service.Volume, usage.Volume);
        Assert.Equal((0, 3, 1), (usage.Bytes, usage.Inodes, usage.Sessions));
    }
}
