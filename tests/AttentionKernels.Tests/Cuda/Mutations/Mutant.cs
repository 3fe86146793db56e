namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>What a mutant lacks.</summary>
internal enum MutationKind
{
    /// <summary>A barrier of a work group or a warp.</summary>
    Barrier,

    /// <summary>A wait for cp.async.</summary>
    Wait,

    /// <summary>A comparison of integers that a branch depends on.</summary>
    Bound,
}

/// <summary>A kernel with one fault that was put in.</summary>
/// <param name="Kind">What was dropped.</param>
/// <param name="Place">Where, in words that stay when registers get other numbers.</param>
/// <param name="Ptx">The text of the kernel.</param>
internal sealed record Mutant(MutationKind Kind, string Place, string Ptx);
