using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

public sealed class DefaultsTests
{
    private sealed class Nothing : IFuseFileSystem;

    [Fact]
    public void ENOSYS_is_answered_only_where_the_kernel_then_stops_asking()
    {
        // fs/fuse of 6.18: where it remembers ENOSYS (no_open, no_flush, no_create, ...) or does without.
        FuseOpcode[] remembered =
        [
            FuseOpcode.Open, FuseOpcode.OpenDir, FuseOpcode.Create, FuseOpcode.TmpFile, FuseOpcode.Flush, FuseOpcode.FSync,
            FuseOpcode.FSyncDir, FuseOpcode.Access, FuseOpcode.SetXattr, FuseOpcode.GetXattr, FuseOpcode.ListXattr,
            FuseOpcode.RemoveXattr, FuseOpcode.Poll, FuseOpcode.Fallocate, FuseOpcode.LSeek, FuseOpcode.CopyFileRange,
            FuseOpcode.CopyFileRange64, FuseOpcode.Rename2, FuseOpcode.Statx, FuseOpcode.BMap, FuseOpcode.SyncFs,
        ];
        using var kernel = FakeKernel.Create();
        kernel.Serve(new Nothing());
        foreach ((FuseOpcode opcode, byte[] body, string _) in DispatchTests.Requests())
        {
            kernel.Send(FakeKernel.Request(opcode, 2, 1, body));
            Errno errno = kernel.ReceiveErrno(2);
            Assert.True((errno == Errno.ENOSYS) == remembered.Contains(opcode), $"{opcode}: {errno}");
        }
    }
}
