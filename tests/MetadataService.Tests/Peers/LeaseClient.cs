using System.Collections.Concurrent;
using System.Text;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Tests.Peers;

/// <summary>A session that understands leases and does with recalls what a test says.</summary>
public sealed class LeaseClient : IAsyncDisposable
{
    private readonly ConcurrentQueue<RecallPush> _recalls = new();
    private int _taken;

    private LeaseClient(TestClient client)
    {
        Client = client;
        client.Pushed = OnPush;
    }

    public TestClient Client { get; }

    /// <summary>Recalls that came, those that came again included.</summary>
    public IReadOnlyList<RecallPush> Recalls => [.. _recalls];

    /// <summary>Whether each recall is carried out as soon as it comes.</summary>
    public bool Obeys { get; set; }

    public static async Task<LeaseClient> ConnectAsync(
        IRpcConnector connector, RpcClientOptions? options = null, string name = "test client")
    {
        var client = new LeaseClient(TestClient.Make(connector, options: options, usesLeases: true, name: name));
        await client.Client.Rpc.ConnectAsync().SoonAsync();
        return client;
    }

    /// <summary>The next recall that was not taken.</summary>
    public async Task<RecallPush> NextRecallAsync()
    {
        await Eventually.HoldsAsync(() => _recalls.Count > _taken, "a recall came");
        return _recalls.ElementAt(_taken++);
    }

    public Task<Result<EmptyReply>> AcknowledgeAsync(in RecallPush recall, LeaseKind? kept = null, bool isUnderWay = false) =>
        Client.CallAsync<AcknowledgeRecallsRequest, EmptyReply>(Opcode.AcknowledgeRecalls, new AcknowledgeRecallsRequest
        {
            Recalls = [new RecallAnswer { Id = recall.Id, Kept = kept ?? recall.Keep, IsUnderWay = isUnderWay }],
        }, RpcLane.Release);

    public Task<Result<EmptyReply>> ReleaseAsync(params InodeId[] inodes) => Client.CallAsync<ReleaseLeasesRequest, EmptyReply>(
        Opcode.ReleaseLeases, new ReleaseLeasesRequest { Inodes = [.. inodes] }, RpcLane.Release);

    public Task<Result<LeaseReply>> AcquireAsync(InodeId inode, LeaseKind kind = LeaseKind.Write) =>
        Client.CallAsync<AcquireLeaseRequest, LeaseReply>(
            Opcode.AcquireLease, new AcquireLeaseRequest { Inode = inode, Kind = kind });

    public Task<Result<ExtentsReply>> ReadAsync(InodeId inode) => Client.CallAsync<GetExtentsRequest, ExtentsReply>(
        Opcode.GetExtents, new GetExtentsRequest { Inode = inode, BlockCount = 1 });

    public Task<Result<MutationReply>> ChmodAsync(InodeId inode, uint mode) => Client.CallAsync<SetAttributesRequest, MutationReply>(
        Opcode.SetAttributes, new SetAttributesRequest
        {
            Inode = inode,
            Change = new AttributeChange { Mask = AttributeMask.Mode, Mode = mode },
        });

    public Task<Result<MutationReply>> RenameAsync(string from, string to) => Client.CallAsync<RenameRequest, MutationReply>(
        Opcode.Rename, new RenameRequest
        {
            OldParent = InodeId.Root,
            OldName = Encoding.UTF8.GetBytes(from),
            NewParent = InodeId.Root,
            NewName = Encoding.UTF8.GetBytes(to),
        });

    /// <summary>Makes a file and gives its leases back.</summary>
    public async Task<InodeId> MakeFileAsync(string name)
    {
        var made = await Client.CreateAsync(name).SoonAsync();
        var inode = made.Value.Attributes!.Value.Inode;
        await ReleaseAsync(inode).SoonAsync();
        return inode;
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    private void OnPush(FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        Assert.Equal((ushort)PushCode.Recall, header.Opcode);
        var recall = WireCodec.Read<RecallPush>(payload.ToArray());
        _recalls.Enqueue(recall);
        if (Obeys) _ = AcknowledgeAsync(recall);
    }
}
