namespace FlexFs.Conformance.Harness;

/// <summary>Where a case runs.</summary>
public enum Place
{
    /// <summary>A local folder on ext4: a case that fails there is a wrong case.</summary>
    Ext4,

    /// <summary>A mount of flexFS.</summary>
    Mount,

    /// <summary>Made on the mount; what is claimed is done by root on another mount of the volume, with --rootSquash.</summary>
    Squashed,

    /// <summary>The folder that FLEXFS_CONFORMANCE_FOLDER names, on whatever file system; then nothing else is tried.</summary>
    Given,
}
