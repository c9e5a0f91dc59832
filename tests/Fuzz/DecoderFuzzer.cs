using FlexFs.Wire;

namespace FlexFs.Fuzz;

/// <summary>Feeds damaged encodings to a record's decoder.</summary>
/// <remarks>
/// Of every input it asserts:
///   1. the decoder answers and does not throw;
///   2. it allocates at most a constant and a multiple of the input, whatever lengths the input claims;
///   3. a refusal says what is wrong;
///   4. what it accepts encodes to bytes that decode to an equal value and encode to the same bytes.
/// The same seed gives the same inputs. A failure names seed, iteration and input.
/// </remarks>
public static class DecoderFuzzer
{
    /// <summary>Environment variable with the number of inputs per record, for long runs.</summary>
    public const string IterationsVariable = "FLEXFS_FUZZ_ITERATIONS";

    /// <summary>What any input may cost: first calls, empty classes.</summary>
    private const int AllocatedBytesBase = 4096;

    /// <summary>In-memory bytes per input byte: an absent element is one byte on the wire and a whole struct in memory.</summary>
    private const int AllocatedBytesPerByte = 512;

    /// <summary>Inputs per record: of the environment, or as many as take a fraction of a second.</summary>
    public static int Iterations { get; } =
        int.TryParse(Environment.GetEnvironmentVariable(IterationsVariable), out var count) && count > 0 ? count : 20_000;

    /// <summary>Fuzzes from valid values.</summary>
    /// <param name="corpus">One or more values; the more fields are in use the better.</param>
    /// <param name="seed">Repeats a run.</param>
    /// <param name="iterations">Inputs.</param>
    /// <returns>How many inputs were accepted and refused: a run with none of either proves little.</returns>
    public static FuzzResult Run<T>(IReadOnlyList<T> corpus, int seed, int iterations)
        where T : IWireRecord<T>, IEquatable<T>
    {
        ArgumentNullException.ThrowIfNull(corpus);
        var inputs = corpus.Select(value => WireCodec.ToBytes(value)).ToArray();
        var mutator = new Mutator(new Random(seed), inputs);
        foreach (var input in inputs) Try<T>(input, seed, -1, mustDecode: true);
        var accepted = 0;
        for (var i = 0; i < iterations; i++)
        {
            if (Try<T>(mutator.Next(), seed, i, mustDecode: false)) accepted++;
        }

        return new FuzzResult(accepted, iterations - accepted);
    }

    private static bool Try<T>(byte[] input, int seed, int iteration, bool mustDecode)
        where T : IWireRecord<T>, IEquatable<T>
    {
        string Where() => $"{typeof(T).Name}, seed {seed}, iteration {iteration}, input {Convert.ToHexString(input)}";
        bool ok;
        T? value;
        WireError error;
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            ok = WireCodec.TryRead<T>(input, out value, out error);
        }
        catch (Exception e)
        {
            throw new FuzzException($"the decoder threw: {Where()}", e);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var bound = AllocatedBytesBase + ((long)AllocatedBytesPerByte * input.Length);
        if (allocated > bound) throw new FuzzException($"allocated {allocated} bytes, bound {bound}: {Where()}");
        if (!ok)
        {
            if (mustDecode) throw new FuzzException($"a valid encoding was refused: {error}: {Where()}");
            if (error.Kind == WireErrorKind.None || error.Record is null) throw new FuzzException($"refused without a reason: {Where()}");
            if (error.Position < 0 || error.Position > input.Length) throw new FuzzException($"error beyond the input: {error}: {Where()}");
            return false;
        }

        var bytes = WireCodec.ToBytes(value!);
        if (!WireCodec.TryRead<T>(bytes, out var twin, out error)) throw new FuzzException($"does not decode again: {error}: {Where()}");
        if (!value!.Equals(twin)) throw new FuzzException($"decodes to another value: {value} and {twin}: {Where()}");
        if (!bytes.AsSpan().SequenceEqual(WireCodec.ToBytes(twin))) throw new FuzzException($"encodes to other bytes: {Where()}");
        return true;
    }
}

/// <summary>What became of the inputs.</summary>
public readonly record struct FuzzResult(int Accepted, int Refused);

/// <summary>A decoder broke its contract.</summary>
public sealed class FuzzException(string message, Exception? cause = null) : Exception(message, cause);
