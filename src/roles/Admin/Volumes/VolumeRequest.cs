using FlexFs.Admin.Database;
using FlexFs.Core;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Net;
using FlexFs.Protocol.Settings;

namespace FlexFs.Admin.Volumes;

/// <summary>What <c>init volume</c> was asked for; null is what was not said.</summary>
public sealed record VolumeRequest
{
    /// <summary>A token that is to be made up.</summary>
    public const string NewToken = "new";

    /// <summary>Block store drivers that mounts of this build have.</summary>
    public static IReadOnlyList<string> Apis { get; } = ["file"];

    /// <summary>Compressions that mounts of this build have.</summary>
    public static IReadOnlyList<string> Compressions { get; } = ["lz4", "none", "zstd"];

    /// <summary>Name; always said.</summary>
    public required string Name { get; init; }

    /// <summary>Id, to describe a volume again that exists in a store.</summary>
    public Guid? Id { get; init; }

    /// <summary>The metadata server.</summary>
    public HostPort? MetaAddr { get; init; }

    /// <summary>Driver of the block store.</summary>
    public string? Api { get; init; }

    /// <summary>Bucket or folder.</summary>
    public string? Bucket { get; init; }

    /// <summary>Prefix of object names.</summary>
    public string? Prefix { get; init; }

    /// <summary>Bytes of a block.</summary>
    public int? BlockSize { get; init; }

    /// <summary>Compression of new blocks.</summary>
    public string? Compression { get; init; }

    /// <summary>Seconds.</summary>
    public long? Retention { get; init; }

    /// <summary>Volume token, or <see cref="NewToken"/>.</summary>
    public string? VolumeToken { get; init; }

    /// <summary>Metadata-store token, or <see cref="NewToken"/>.</summary>
    public string? MetaToken { get; init; }

    /// <summary>Describes the one volume for the first time.</summary>
    /// <exception cref="CommandException">Something is missing or not valid.</exception>
    public VolumeOutcome Create()
    {
        Validate();
        if (MetaAddr is not { } metaAddr) throw Usage("--metaAddr is missing: where the volume's metadata server listens");
        if (Bucket is not { } bucket) throw Usage("--bucket is missing: for --api file, the folder that keeps the objects");
        Guid id = Id ?? Guid.NewGuid();
        string volumeToken = Make(VolumeToken ?? NewToken);
        string metaToken = Make(MetaToken ?? NewToken);
        FreeDatabase database = new()
        {
            Version = FreeDatabase.CurrentVersion,
            Volume = new VolumeSettings
            {
                Id = id,
                Name = Name,
                BlockSize = BlockSize ?? 1 << Limits.BlockSizeLog2Default,
                Compression = Compression ?? "lz4",
                Retention = Retention ?? 7 * 86400,
                MetaAddr = metaAddr.ToString(),
                // With the id in it, two volumes in one bucket cannot take each other's objects for orphans.
                BlockStore = new BlockStoreSettings { Api = Api ?? "file", Bucket = bucket, Prefix = Prefix ?? $"flexfs/{id:D}" },
            },
            VolumeTokens = [new VolumeTokenGrant { Hash = TokenHash.Of(volumeToken) }],
            MetaTokenHash = TokenHash.Of(metaToken),
        };
        return new VolumeOutcome(database, volumeToken, metaToken);
    }

    /// <summary>Changes what may change, keeps what was not said, refuses the rest.</summary>
    /// <exception cref="CommandException">Another volume is there, or something fixed would change.</exception>
    public VolumeOutcome Change(FreeDatabase database)
    {
        Validate();
        VolumeSettings old = database.Volume;
        if (old.Name != Name)
            throw new CommandException($"the one volume of this server is {old.Name}, not {Name}: use another --dbFolder for another volume");
        Fixed("--id", Id, old.Id);
        Fixed("--blockSize", BlockSize, old.BlockSize);
        Fixed("--api", Api, old.BlockStore.Api);
        Fixed("--bucket", Bucket, old.BlockStore.Bucket);
        Fixed("--prefix", Prefix, old.BlockStore.Prefix);
        string? volumeToken = VolumeToken is null ? null : Make(VolumeToken);
        string? metaToken = MetaToken is null ? null : Make(MetaToken);
        string metaAddr = MetaAddr?.ToString() ?? old.MetaAddr;
        return new VolumeOutcome(database with
        {
            Volume = old with
            {
                Compression = Compression ?? old.Compression,
                Retention = Retention ?? old.Retention,
                MetaAddr = metaAddr,
            },
            VolumeTokens = volumeToken is null ? database.VolumeTokens : [new VolumeTokenGrant { Hash = TokenHash.Of(volumeToken) }],
            MetaTokenHash = metaToken is null ? database.MetaTokenHash : TokenHash.Of(metaToken),
        }, volumeToken, metaToken);
    }

    private void Validate()
    {
        if (!VolumeName.IsValid(Name)) throw Usage($"--name '{Name}' is not valid: {VolumeName.Rule}");
        if (Id == Guid.Empty) throw Usage("--id must not be all zeros");
        if (MetaAddr is { Port: 0 }) throw Usage("--metaAddr needs the port that the metadata server listens on");
        OneOf("--api", Api, Apis);
        OneOf("--compression", Compression, Compressions);
        if (Bucket is not null && (!Path.IsPathFullyQualified(Bucket) || Bucket.AsSpan().ContainsAny('\0', '\n')))
            throw Usage($"--bucket '{Bucket}' must be the absolute path of a folder");
        if (Prefix is { Length: > 0 } prefix && prefix.Split('/').Any(part => part is "" or "." or ".." || part.Any(char.IsControl)))
            throw Usage($"--prefix '{prefix}' is not valid: words joined by single slashes, none of them . or ..");
        ValidateToken("--volumeToken", VolumeToken);
        ValidateToken("--metaToken", MetaToken);
    }

    private static void ValidateToken(string flag, string? token)
    {
        if (token is not (null or NewToken) && !TokenHash.TryParseToken(token, out _))
            throw Usage($"{flag} is not valid: a token is a UUID, or the word new");
    }

    private static void OneOf(string flag, string? value, IReadOnlyList<string> known)
    {
        if (value is not null && !known.Contains(value)) throw Usage($"{flag} '{value}' is not one of {string.Join(", ", known)}");
    }

    private static void Fixed<T>(string flag, T? asked, T current)
    {
        if (asked is not null && !asked.Equals(current))
            throw new CommandException($"{flag} was fixed when the volume was made: it is {current} and cannot become {asked}");
    }

    private static string Make(string token)
    {
        if (token == NewToken) return TokenHash.NewToken();
        Check.That(TokenHash.TryParseToken(token, out string canonical));
        return canonical;
    }

    private static CommandException Usage(string message) => new(message, ExitCode.Usage);
}

/// <summary>A description and the tokens that were made for it, which are shown once.</summary>
/// <param name="Database">What to store.</param>
/// <param name="VolumeToken">For mounts; null when it did not change.</param>
/// <param name="MetaToken">For the metadata server; null when it did not change.</param>
public sealed record VolumeOutcome(FreeDatabase Database, string? VolumeToken, string? MetaToken);
