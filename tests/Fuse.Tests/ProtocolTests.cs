using System.Runtime.CompilerServices;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

/// <summary>Sizes as sizeof has them in linux/fuse.h of 6.18 (protocol 7.45).</summary>
public sealed class ProtocolTests
{
    public static TheoryData<string, int, int> Sizes => new()
    {
        { nameof(FuseInHeader), Unsafe.SizeOf<FuseInHeader>(), 40 },
        { nameof(FuseOutHeader), Unsafe.SizeOf<FuseOutHeader>(), 16 },
        { nameof(FuseExtHeader), Unsafe.SizeOf<FuseExtHeader>(), 8 },
        { nameof(FuseInterruptIn), Unsafe.SizeOf<FuseInterruptIn>(), 8 },
        { nameof(FuseForgetIn), Unsafe.SizeOf<FuseForgetIn>(), 8 },
        { nameof(FuseForgetOne), Unsafe.SizeOf<FuseForgetOne>(), 16 },
        { nameof(FuseBatchForgetIn), Unsafe.SizeOf<FuseBatchForgetIn>(), 8 },
        { nameof(FuseInitIn), Unsafe.SizeOf<FuseInitIn>(), 64 },
        { nameof(FuseInitOut), Unsafe.SizeOf<FuseInitOut>(), 64 },
        { nameof(FuseAttr), Unsafe.SizeOf<FuseAttr>(), 88 },
        { nameof(FuseAttrOut), Unsafe.SizeOf<FuseAttrOut>(), 104 },
        { nameof(FuseGetattrIn), Unsafe.SizeOf<FuseGetattrIn>(), 16 },
        { nameof(FuseSetattrIn), Unsafe.SizeOf<FuseSetattrIn>(), 88 },
        { nameof(FuseStatx), Unsafe.SizeOf<FuseStatx>(), 256 },
        { nameof(FuseStatxIn), Unsafe.SizeOf<FuseStatxIn>(), 24 },
        { nameof(FuseStatxOut), Unsafe.SizeOf<FuseStatxOut>(), 288 },
        { nameof(FuseEntryOut), Unsafe.SizeOf<FuseEntryOut>(), 128 },
        { nameof(FuseMknodIn), Unsafe.SizeOf<FuseMknodIn>(), 16 },
        { nameof(FuseMkdirIn), Unsafe.SizeOf<FuseMkdirIn>(), 8 },
        { nameof(FuseRenameIn), Unsafe.SizeOf<FuseRenameIn>(), 8 },
        { nameof(FuseRename2In), Unsafe.SizeOf<FuseRename2In>(), 16 },
        { nameof(FuseLinkIn), Unsafe.SizeOf<FuseLinkIn>(), 8 },
        { nameof(FuseDirent), Unsafe.SizeOf<FuseDirent>(), 24 },
        { nameof(FuseOpenIn), Unsafe.SizeOf<FuseOpenIn>(), 8 },
        { nameof(FuseCreateIn), Unsafe.SizeOf<FuseCreateIn>(), 16 },
        { nameof(FuseOpenOut), Unsafe.SizeOf<FuseOpenOut>(), 16 },
        { nameof(FuseReleaseIn), Unsafe.SizeOf<FuseReleaseIn>(), 24 },
        { nameof(FuseFlushIn), Unsafe.SizeOf<FuseFlushIn>(), 24 },
        { nameof(FuseReadIn), Unsafe.SizeOf<FuseReadIn>(), 40 },
        { nameof(FuseWriteIn), Unsafe.SizeOf<FuseWriteIn>(), 40 },
        { nameof(FuseWriteOut), Unsafe.SizeOf<FuseWriteOut>(), 8 },
        { nameof(FuseFsyncIn), Unsafe.SizeOf<FuseFsyncIn>(), 16 },
        { nameof(FuseFallocateIn), Unsafe.SizeOf<FuseFallocateIn>(), 32 },
        { nameof(FuseLseekIn), Unsafe.SizeOf<FuseLseekIn>(), 24 },
        { nameof(FuseCopyFileRangeIn), Unsafe.SizeOf<FuseCopyFileRangeIn>(), 56 },
        { nameof(FuseFileLock), Unsafe.SizeOf<FuseFileLock>(), 24 },
        { nameof(FuseLkIn), Unsafe.SizeOf<FuseLkIn>(), 48 },
        { nameof(FuseSetxattrIn), Unsafe.SizeOf<FuseSetxattrIn>(), 16 },
        { nameof(FuseGetxattrIn), Unsafe.SizeOf<FuseGetxattrIn>(), 8 },
        { nameof(FuseGetxattrOut), Unsafe.SizeOf<FuseGetxattrOut>(), 8 },
        { nameof(FuseKstatfs), Unsafe.SizeOf<FuseKstatfs>(), 80 },
        { nameof(FuseAccessIn), Unsafe.SizeOf<FuseAccessIn>(), 8 },
        { nameof(FuseBmapIn), Unsafe.SizeOf<FuseBmapIn>(), 16 },
        { nameof(FuseIoctlIn), Unsafe.SizeOf<FuseIoctlIn>(), 32 },
        { nameof(FuseIoctlOut), Unsafe.SizeOf<FuseIoctlOut>(), 16 },
        { nameof(FusePollIn), Unsafe.SizeOf<FusePollIn>(), 24 },
        { nameof(FusePollOut), Unsafe.SizeOf<FusePollOut>(), 8 },
        { nameof(FuseSetupmappingIn), Unsafe.SizeOf<FuseSetupmappingIn>(), 40 },
        { nameof(FuseNotifyRetrieveIn), Unsafe.SizeOf<FuseNotifyRetrieveIn>(), 40 },
        { nameof(FuseNotifyPollWakeupOut), Unsafe.SizeOf<FuseNotifyPollWakeupOut>(), 8 },
        { nameof(FuseNotifyInvalInodeOut), Unsafe.SizeOf<FuseNotifyInvalInodeOut>(), 24 },
        { nameof(FuseNotifyInvalEntryOut), Unsafe.SizeOf<FuseNotifyInvalEntryOut>(), 16 },
        { nameof(FuseNotifyDeleteOut), Unsafe.SizeOf<FuseNotifyDeleteOut>(), 24 },
        { nameof(FuseNotifyStoreOut), Unsafe.SizeOf<FuseNotifyStoreOut>(), 24 },
        { nameof(FuseNotifyRetrieveOut), Unsafe.SizeOf<FuseNotifyRetrieveOut>(), 32 },
        { nameof(FuseNotifyPruneOut), Unsafe.SizeOf<FuseNotifyPruneOut>(), 16 },
        { nameof(FuseBackingMap), Unsafe.SizeOf<FuseBackingMap>(), 16 },
        { nameof(FuseNegotiation), Unsafe.SizeOf<FuseNegotiation>(), 32 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Structures_have_the_kernels_size(string name, int size, int expected) =>
        Assert.True(size == expected, $"{name} has {size} bytes, not {expected}");
}
