using FlexFs.Client.Handles;
using FlexFs.Core;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Tests;

/// <summary>A token that is revoked or replaced while its mount lives.</summary>
public class RefusedTests
{
    [Fact]
    public async Task It_is_said_once_and_calls_fail_instead_of_waiting()
    {
        await using var world = new World();
        var fs = await world.JoinAsync(options: World.Options with { Server = "meta:7" });
        var old = await fs.PutAsync("old", World.Random(300_000, 1));
        var file = World.Ok(await fs.OpenAsync(old, OpenFlags.ReadWrite, World.Token));
        await RefuseAsync(world);

        var line = Assert.Single(world.Log.Of(LogLevel.Error));
        Assert.Contains("meta:7", line, StringComparison.Ordinal);
        Assert.Contains("mount.flexfs init creds test --force", line, StringComparison.Ordinal);
        Assert.Equal(Errno.EACCES, (await fs.LookupAsync(fs.Root, World.Name("old"), World.Token)).Errno);
        Assert.Equal(Errno.EACCES, (await fs.OpenAsync(old, OpenFlags.ReadOnly, World.Token)).Errno);
        Assert.Equal(Errno.EACCES, (await fs.ReadAsync(file.Handle, 0, new byte[10], World.Token)).Errno);
        Assert.Equal(Errno.EIO, (await fs.MakeDirectoryAsync(fs.Root, World.Name("d"), 0x1ED, 1, 1)).Errno);
        Assert.Equal(Errno.EIO, (await fs.WriteAsync(file.Handle, 0, new byte[10], false, World.Token)).Errno);
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
    }

    [Fact]
    public async Task What_was_written_is_kept_and_stored_once_the_token_is_valid_again()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        var data = World.Random(300_000, 1);
        var file = await fs.CreateAsync("file");
        await fs.WriteAllAsync(file.Handle, 0, data);
        await RefuseAsync(world);
        Assert.Equal(Errno.EIO, await fs.FsyncAsync(file.Handle));

        world.Volume.Token = World.Options.Token;
        await World.EventuallyAsync(() => world.Log.Of(LogLevel.Information).Length == 1, "it is connected again");
        Assert.Equal(Errno.OK, await fs.FsyncAsync(file.Handle));
        Assert.Equal(data, await (await world.JoinAsync()).GetAsync(file.Attributes.Inode));
        Assert.Single(world.Log.Of(LogLevel.Error));
    }

    [Fact]
    public async Task A_change_that_was_sent_before_waits_for_its_answer()
    {
        await using var world = new World();
        var fs = await world.JoinAsync();
        world.Volume.LoseRequest = static opcode => opcode == Protocol.Metadata.Opcode.Create;
        world.Volume.BeforeCut = () => world.Volume.Token = "another";
        var making = fs.MakeDirectoryAsync(fs.Root, World.Name("d"), 0x1ED, 1, 1).AsTask();
        await World.EventuallyAsync(() => world.Log.Of(LogLevel.Error).Length == 1, "it is said");
        Assert.False(making.IsCompleted);

        world.Volume.LoseRequest = static _ => false;
        world.Volume.Token = World.Options.Token;
        World.Ok(await making);
    }

    [Fact]
    public async Task An_unmount_does_not_wait_and_what_was_not_stored_is_rescued()
    {
        await using var world = new World();
        var rescue = new TestRescue();
        var fs = await world.JoinAsync(rescue: rescue);
        var file = await fs.CreateAsync("file");
        var data = World.Random(20_000, 1);
        await fs.WriteAllAsync(file.Handle, 0, data);
        await RefuseAsync(world);
        Assert.Equal(Errno.EIO, await fs.UnmountAsync());
        Assert.Equal(data, TestRescue.Contents(Assert.Single(Assert.Single(rescue.Saved).Files), 0));
    }

    private static async Task RefuseAsync(World world)
    {
        world.Volume.Token = "another";
        world.Volume.Cut();
        await World.EventuallyAsync(() => world.Log.Of(LogLevel.Error).Length == 1, "it is said");
    }
}
