using FlexFs.Core;

namespace FlexFs.Simulation.Runtime;

/// <summary>Random numbers of a seed, the same for ever: xoshiro256**, seeded by splitmix64.</summary>
/// <remarks>Not <see cref="Random"/>, whose numbers of a seed are not promised across versions of .NET.</remarks>
public sealed class Chance
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Begins.</summary>
    public Chance(ulong seed)
    {
        _a = Split(ref seed);
        _b = Split(ref seed);
        _c = Split(ref seed);
        _d = Split(ref seed);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        var result = ulong.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = ulong.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>From 0 to <paramref name="bound"/>, excluded.</summary>
    public int Below(int bound)
    {
        Check.That(bound > 0);
        return (int)(Next() % (uint)bound);
    }

    /// <summary>From <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool OneIn(int times) => Below(times) == 0;

    /// <summary>True so many times in a hundred.</summary>
    public bool Percent(int percent) => Below(100) < percent;

    /// <summary>One of them.</summary>
    public T Of<T>(IReadOnlyList<T> values) => values[Below(values.Count)];

    /// <summary>From 0 to <paramref name="longest"/>, mostly short, sometimes long.</summary>
    public TimeSpan Delay(TimeSpan longest)
    {
        var part = (Next() >> 11) * (1.0 / (1UL << 53));
        return TimeSpan.FromTicks((long)(longest.Ticks * part * part * part));
    }

    /// <summary>Numbers of their own for a part of the world.</summary>
    public Chance Fork() => new(Next());

    private static ulong Split(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
