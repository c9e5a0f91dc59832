using Xunit.Sdk;
using Xunit.v3;

// All cases are on one mount, and many look at what the folder's times do.
[assembly: Parallelization(Mode = ParallelMode.None)]
