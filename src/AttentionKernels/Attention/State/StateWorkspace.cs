namespace AttentionKernels.Attention.State;

/// <summary>
/// The partial states in the workspace, which split-KV kernels write and the merging kernels read: for each row and each split of its keys
/// the unnormalised output, the maximum and the sum (O, m, l).
/// </summary>
internal static class StateWorkspace
{
    /// <summary>Elements of one state.</summary>
    public static int Length(int valueDimension) => valueDimension + 2;
}
