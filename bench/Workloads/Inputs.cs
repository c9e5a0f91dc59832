using System.Formats.Tar;

namespace FlexFs.Workloads;

/// <summary>What the rows work on, made once and the same for every target.</summary>
public static class Inputs
{
    /// <summary>Makes a tar of 5,000 files of 0.2 to 6 KB in 50 folders, and 1 GiB of bytes that do not compress.</summary>
    public static void Make(string folder)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(7);
        var tar = Path.Combine(folder, "small.tar");
        if (!File.Exists(tar))
        {
            using var writer = new TarWriter(File.Create(tar + ".new"));
            for (var directory = 0; directory < 50; directory++)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, $"small/d{directory}/") { Mode = (UnixFileMode)0x1ED });
                for (var file = 0; file < 100; file++)
                {
                    var bytes = new byte[random.Next(200, 6000)];
                    random.NextBytes(bytes);
                    // Half of each file is text-like, as sources are.
                    for (var i = 0; i < bytes.Length / 2; i++) bytes[i] = (byte)('a' + (bytes[i] % 16));
                    writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"small/d{directory}/file{file}.txt")
                    {
                        DataStream = new MemoryStream(bytes),
                        Mode = (UnixFileMode)0x1A4,
                    });
                }
            }

            writer.Dispose();
            File.Move(tar + ".new", tar);
        }

        var big = Path.Combine(folder, "big");
        if (File.Exists(big)) return;
        using (var stream = File.Create(big + ".new"))
        {
            var buffer = new byte[1 << 20];
            for (var i = 0; i < 1024; i++)
            {
                random.NextBytes(buffer);
                stream.Write(buffer);
            }
        }

        File.Move(big + ".new", big);
    }
}
