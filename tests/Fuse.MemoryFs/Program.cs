using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.MemoryFs;

// memoryfs MOUNTPOINT [--readers=N] [--no-xattr] [--flush]: mounts, prints "ready", serves until unmounted or told to end.
if (args is ["--map", var file, var length])
{
    // For the tests: fills a file through a shared mapping, from a process that does not serve it.
    using var map = System.IO.MemoryMappedFiles.MemoryMappedFile.CreateFromFile(file, System.IO.FileMode.Open);
    using var view = map.CreateViewAccessor();
    for (int i = 0; i < int.Parse(length, System.Globalization.CultureInfo.InvariantCulture); i++) view.Write(i, (byte)'M');
    view.Flush();
    return 0;
}
if (args.Length == 0 || args[0].StartsWith('-'))
{
    Console.Error.WriteLine("usage: memoryfs MOUNTPOINT [--readers=N] [--no-xattr] [--flush]");
    return 2;
}
int readers = 4;
foreach (string arg in args)
{
    if (arg.StartsWith("--readers=", StringComparison.Ordinal) && !int.TryParse(arg["--readers=".Length..], out readers))
    {
        Console.Error.WriteLine($"memoryfs: {arg}: a number is wanted");
        return 2;
    }
}
var options = new FuseMountOptions
{
    Source = "memoryfs",
    Subtype = "memoryfs",
    Fuse = new FuseOptions
    {
        Capabilities = MemoryFileSystem.Capabilities,
        ReadersMax = readers,
        OnFault = fault => Console.Error.WriteLine($"memoryfs: {fault.Opcode}: {fault.What} {fault.Exception}"),
    },
};
var fileSystem = new MemoryFileSystem(
    TimeProvider.System, xattrs: !args.Contains("--no-xattr"), noFlush: !args.Contains("--flush"));
var result = FuseMount.Mount(args[0], fileSystem, options);
if (!result.TryGet(out FuseMount? mount))
{
    Console.Error.WriteLine($"memoryfs: {result.Reason}");
    return 1;
}
await using (mount)
{
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    Console.WriteLine("ready");
    await mount.Completion;
}
return 0;

void End(PosixSignalContext context)
{
    context.Cancel = true;
    if (mount.Unmount() == Errno.EBUSY) mount.Detach();
}
