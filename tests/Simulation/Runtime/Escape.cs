namespace FlexFs.Simulation.Runtime;

/// <summary>Code under simulation ran on a thread of its own: what followed is not determined by the seed.</summary>
public sealed class EscapeException(string message) : Exception(message);

/// <summary>The run cannot go on: nothing is ready and no timer is set, or a bound on events or time was reached.</summary>
public sealed class StuckException(string message) : Exception(message);

/// <summary>A checker found what must not be.</summary>
public sealed class ViolationException(string message) : Exception(message);
