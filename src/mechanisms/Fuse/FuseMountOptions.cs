namespace FlexFs.Fuse;

/// <summary>How to mount.</summary>
public sealed record FuseMountOptions
{
    /// <summary>What mount tables show as the source.</summary>
    public string Source { get; init; } = "fuse";

    /// <summary>The type is shown as <c>fuse.SUBTYPE</c>; empty for plain <c>fuse</c>.</summary>
    public string Subtype { get; init; } = "";

    /// <summary>ro.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>nosuid.</summary>
    public bool NoSuid { get; init; } = true;

    /// <summary>nodev.</summary>
    public bool NoDev { get; init; } = true;

    /// <summary>noexec.</summary>
    public bool NoExec { get; init; }

    /// <summary>noatime.</summary>
    public bool NoAtime { get; init; }

    /// <summary>allow_other: users other than the mounting one may enter.</summary>
    public bool AllowOther { get; init; } = true;

    /// <summary>default_permissions: the kernel checks mode bits, and ACLs with PosixAcl.</summary>
    public bool DefaultPermissions { get; init; } = true;

    /// <summary>
    /// Bytes the kernel reads ahead; 0 leaves its 128 KiB. It decides how fast a file on slow storage is read: with 10 ms
    /// per request 24 MiB/s at 128 KiB, 1 GiB/s at 16 MiB. Set at the device after mounting, which needs root.
    /// </summary>
    public int ReadAheadBytes { get; init; } = 1 << 24;

    /// <summary>Whether to mount over an existing mount.</summary>
    public bool AllowStacked { get; init; }

    /// <summary>What to agree on, and what to spend.</summary>
    public FuseOptions Fuse { get; init; } = new();
}
