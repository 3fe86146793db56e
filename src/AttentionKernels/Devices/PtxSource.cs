using System.Text.RegularExpressions;

namespace AttentionKernels.Devices;

/// <summary>The text of a CUDA kernel as the driver gets it.</summary>
internal static partial class PtxSource
{
    /// <summary>Takes back from conditional branches that all threads of a warp go the same way.</summary>
    /// <remarks>
    /// ILGPU takes what an intrinsic without a body returns for the same in all threads, and marks branches that depend on it as
    /// <c>bra.uni</c>; where their threads part, the PTX ISA leaves undefined what happens. The driver's compiler finds by itself which
    /// branches are uniform.
    /// </remarks>
    /// <param name="ptx">The text.</param>
    public static string WithDivergentBranches(string ptx) => UniformBranch().Replace(ptx, "${predicate} bra ");

    [GeneratedRegex(@"(?<predicate>@!?%\w+)\s+bra\.uni\s+", RegexOptions.CultureInvariant)]
    private static partial Regex UniformBranch();
}
