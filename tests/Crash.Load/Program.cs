using System.Globalization;
using FlexFs.Crash.Load;

// FlexFs.Crash.Load random FOLDER SEED
// FlexFs.Crash.Load synced FOLDER
// FlexFs.Crash.Load shared FOLDER NUMBER
//
// Works in FOLDER, which it makes, until an operation fails or it is told to stop. Lines on stdout:
//   done N          so many operations have succeeded
//   error TEXT      one failed; it works no more
//   stopped         the answer to "stop", once it works no more
//   verified        the answer to "verify FOLDER", its folder as another mount shows it, or
//   differs TEXT
// It ends at the end of stdin.
if (args is not ["random" or "synced" or "shared", var folder, ..]) return 2;
ILoad load = args switch
{
    ["random", _, var seed] => new RandomLoad(folder, int.Parse(seed, CultureInfo.InvariantCulture)),
    ["shared", _, var number] => new SharedLoad(folder, int.Parse(number, CultureInfo.InvariantCulture)),
    _ => new SyncedLoad(folder),
};
var stop = false;
Thread worker = new(Work) { IsBackground = true };
worker.Start();
while (Console.ReadLine() is { } line)
{
    Volatile.Write(ref stop, true);
    worker.Join();
    Console.WriteLine(line.Split(' ', 2) is ["verify", var where] ? Verify(where) : "stopped");
}

return 0;

void Work()
{
    try
    {
        Directory.CreateDirectory(folder);
        for (var done = 1; !Volatile.Read(ref stop); done++)
        {
            load.Step();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"done {done}"));
        }
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        Console.WriteLine($"error {OneLine(e)}");
    }
}

string Verify(string where)
{
    try
    {
        load.Verify(where);
        return "verified";
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        return $"differs {OneLine(e)}";
    }
}

static string OneLine(Exception e) => e.ToString().ReplaceLineEndings(" | ");
