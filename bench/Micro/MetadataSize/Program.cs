using System.Globalization;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.RocksDb;
using FlexFs.Metadata.Storage;

// What metadata costs on disk: copies the database of a server that is not running (dbFolder/volumes/ID), compacts the copy, and divides its
// tables by the inodes in it; once more without inline data. The families' shares are of keys and values as they are, before prefixes are
// shared and blocks compressed.
if (args is not [var folder] || !File.Exists(Path.Combine(folder, "CURRENT")))
{
    Console.Error.WriteLine("usage: MetadataSize DBFOLDER/volumes/ID, of a meta.flexfs that is not running");
    return 2;
}

var copy = Directory.CreateTempSubdirectory("flexfs-size-").FullName;
try
{
    foreach (var file in Directory.EnumerateFiles(folder)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
    var families = new SortedDictionary<KeyFamily, (long Count, long KeyBytes, long ValueBytes)>();
    long tables, withInline;
    using (var environment = new RocksDbEnvironment(new RocksDbOptions()))
    {
        await using var store = RocksDbStore.Open(environment, copy, mustExist: true);
        await store.CompactAsync();
        withInline = store.TableBytes();
        var inline = new List<StoreWrite>();
        ReadOnlyMemory<byte> from = default;
        for (var isEnd = false; !isEnd;)
        {
            var page = await store.ScanAsync(new StoreRange(StoreColumn.Current, from, default), 4096, default);
            foreach (var (key, value) in page.Pairs)
            {
                var family = (KeyFamily)key[0];
                var (count, keyBytes, valueBytes) = families.GetValueOrDefault(family);
                families[family] = (count + 1, keyBytes + key.Length, valueBytes + value.Length);
                if (family == KeyFamily.InlineData) inline.Add(new StoreWrite(new StoreKey(StoreColumn.Current, key), null));
            }

            isEnd = page.IsComplete;
            if (!isEnd) from = (byte[])[.. page.Pairs[^1].Key, 0];
        }

        var owned = await store.TakeOwnershipAsync(default);
        await store.CommitAsync(new StoreBatch(owned.Epoch, owned.Sequence + 1, inline));
        await store.CompactAsync();
        tables = store.TableBytes();
    }

    var inodes = families.GetValueOrDefault(KeyFamily.Inode).Count;
    Line("family", "records", "key B", "value B", "B an inode");
    foreach (var (family, (count, keyBytes, valueBytes)) in families)
    {
        Line(family.ToString(), Number(count), Number((double)keyBytes / count), Number((double)valueBytes / count),
            Number((double)(keyBytes + valueBytes) / inodes));
    }

    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{inodes:N0} inodes; tables: {withInline:N0} bytes, {(double)withInline / inodes:N1} an inode; "
        + $"without inline data {tables:N0} bytes, {(double)tables / inodes:N1} an inode"));
}
finally
{
    Directory.Delete(copy, recursive: true);
}

return 0;

static string Number(double value) => value.ToString(value == Math.Floor(value) ? "N0" : "N1", CultureInfo.InvariantCulture);

static void Line(string family, string count, string key, string value, string share) =>
    Console.WriteLine($"{family,-16}{count,12}{key,10}{value,10}{share,12}");
