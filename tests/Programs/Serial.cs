using Xunit.Sdk;
using Xunit.v3;

// Each test drives a cluster of real processes.
[assembly: Parallelization(Mode = ParallelMode.None)]
