using System.Buffers;
using System.Globalization;
using System.Text;
using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Storage;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

// The engine alone: operations per second of processor time (collector included, so that neighbours do not count) and bytes allocated per operation. Every key is known beforehand (an empty
// store answers at once), batches of 256 are taken and thrown away as if they were durable.
const int Operations = 400_000;
const int BatchSize = 256;
var engine = new VolumeEngine(new StorePosition(1, 0), new EngineOptions { WorkingSetKeysMax = 8 << 20, WorkingSetBytesMax = 4L << 30 });
var reply = new ArrayBufferWriter<byte>(1 << 16);
var now = new Instant(1);
ulong number = 0;

Run(InternalOpcode.CreateVolume, new CreateVolumeRequest { Volume = new VolumeId(new Guid(1, 2, 3, new byte[8])), BlockSizeLog2 = 22 }, default);
var session = new SessionId(Run(InternalOpcode.BeginSession, new BeginSessionRequest { ClientName = "bench" }, default).Value);
var parent = InodeId.Root;
for (var depth = 0; depth < 4; depth++)
{
    parent = Run(Opcode.Create, new CreateRequest { Parent = parent, Name = "d"u8.ToArray(), Mode = FileMode.Of(FileType.Directory, 493) }, session)
        .Attributes!.Value.Inode;
}

for (var round = 0; round < 3; round++)
{
    var payloads = new byte[Operations][];
    for (var i = 0; i < Operations; i++)
    {
        var name = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"file-{round}-{i}"));
        payloads[i] = WireCodec.ToBytes(new CreateRequest { Parent = parent, Name = name, Mode = FileMode.Of(FileType.Regular, 420) });
        var lookup = WireCodec.ToBytes(new LookupRequest { Parent = parent, Name = name });
        Execute(new EngineRequest(Opcode.Lookup, session, 1, 0, 0, lookup));
    }

    Measure("Create, 4 directories deep", i => Execute(new EngineRequest(Opcode.Create, session, 1, (uint)(i % 64), ++number, payloads[i])));
    var stats = new byte[Operations][];
    for (var i = 0; i < Operations; i++)
    {
        stats[i] = WireCodec.ToBytes(new GetAttributesRequest { Inode = new InodeId((ulong)(6 + i)) });
    }

    Measure("GetAttributes", i => Execute(new EngineRequest(Opcode.GetAttributes, session, 1, 0, 0, stats[i])));
    for (var i = 0; i < Operations; i++)
    {
        stats[i] = WireCodec.ToBytes(new LookupRequest { Parent = parent, Name = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"file-{round}-{i}")) });
    }

    Measure("Lookup", i => Execute(new EngineRequest(Opcode.Lookup, session, 1, 0, 0, stats[i])));
}

MutationReply Run<T>(Opcode opcode, T request, SessionId by)
    where T : struct, IWireRecord<T>
{
    var execution = Execute(new EngineRequest(opcode, by, by == default ? 0UL : 1, 0, ++number, WireCodec.ToBytes(request)));
    Check.That(execution.Errno == Errno.OK);
    return WireCodec.Read<MutationReply>(reply.WrittenMemory);
}

Execution Execute(in EngineRequest request)
{
    while (true)
    {
        reply.ResetWrittenCount();
        var execution = engine.Execute(request, now, reply);
        if (execution.State == ExecutionState.Done) return execution;
        var ticket = engine.BeginFetch();
        StoreKey[] keys = [.. execution.MissingKeys];
        engine.Supply(keys, new byte[]?[keys.Length], engine.Position.Sequence);
        engine.EndFetch(ticket);
    }
}

void Measure(string name, Action<int> operation)
{
    GC.Collect();
    var allocated = GC.GetAllocatedBytesForCurrentThread();
    var before = Environment.CpuUsage.TotalTime;
    for (var i = 0; i < Operations; i++)
    {
        operation(i);
        if (i % BatchSize == BatchSize - 1 && engine.TakeBatch() is { } batch) engine.Committed(batch.Sequence);
    }

    var seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Operations;
    Console.WriteLine($"{name,-28} {Operations / seconds,12:N0}/s {bytes,6} B/op");
}
