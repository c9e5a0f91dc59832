namespace FlexFs.Workloads.Rows;

/// <summary>What developers do all day: git, packages, a compiler.</summary>
public static class ProgramRows
{
    private const int Sources = 150;

    // The repeats of one measurement, so that what a shell takes to start is little of it.
    private const int Turns = 5;

    /// <summary>In the order in which they are run.</summary>
    public static IReadOnlyList<Row> Of(string inputs) =>
    [
        new("git", "git status of 5,000 files, warm", "per s", true, null, (target, folder) =>
        {
            if (!target.IsForAll) return double.NaN;
            Shell.Run(
                $"tar xf '{inputs}/small.tar' && git init -q . && git config user.email a@b && git config user.name a "
                + "&& git config core.fsmonitor false && git add . && git commit -qm one && git status > /dev/null", folder);
            return Turns / Shell.Run($"for i in $(seq {Turns}); do git status > /dev/null || exit 1; done", folder).TotalSeconds;
        }),
        new("npm", "as npm install: 50 packages of 100 files, unpacked aside, moved, linked", "files/s", true, null, (target, folder) =>
        {
            if (!target.IsForAll) return double.NaN;
            return 5000 / Shell.Run(
                $"mkdir -p node_modules/.bin node_modules/.staging && tar xf '{inputs}/small.tar' -C node_modules/.staging && "
                + "for p in $(ls node_modules/.staging/small); do mv node_modules/.staging/small/$p node_modules/$p && "
                + "ln -s ../$p/file0.txt node_modules/.bin/$p && chmod 755 node_modules/$p/file0.txt && "
                + "cat node_modules/$p/file1.txt > /dev/null || exit 1; done && rm -r node_modules/.staging && "
                + "find node_modules -name 'file1*' -newer node_modules > /dev/null", folder).TotalSeconds;
        }),
        new("compile", $"make of {Sources} small C files with 30 headers, 2 jobs", "files/s", true, null, (target, folder) =>
        {
            if (!target.IsForAll) return double.NaN;
            MakeProject(folder);
            return Sources / Shell.Run("make -s -j2", folder).TotalSeconds;
        }),
    ];

    private static void MakeProject(string folder)
    {
        const int Headers = 30;
        for (var i = 0; i < Headers; i++) File.WriteAllText(Path.Combine(folder, $"h{i}.h"), $"#pragma once\nint f{i}(int);\n");
        for (var i = 0; i < Sources; i++)
        {
            var includes = string.Concat(Enumerable.Range(0, Headers).Select(h => $"#include \"h{h}.h\"\n"));
            File.WriteAllText(Path.Combine(folder, $"s{i}.c"), $"{includes}int g{i}(int x) {{ return f{i % Headers}(x) + {i}; }}\n");
        }

        File.WriteAllText(
            Path.Combine(folder, "Makefile"),
            "all: lib.a\nlib.a: $(patsubst %.c,%.o,$(wildcard *.c))\n\t@ar rc $@ $^\n%.o: %.c $(wildcard *.h)\n\t@gcc -c -o $@ $<\n");
    }
}
