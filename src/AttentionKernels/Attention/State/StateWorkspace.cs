namespace AttentionKernels.Attention.State;

/// <summary>
/// The partial states in the workspace, which split-KV kernels write and the merging kernels read: for each row and each split of its keys
/// the unnormalised output, the maximum and the sum (O, m, l).
/// </summary>
internal static class StateWorkspace
{
    // Numbers of 32 bytes, which memory is read and written by.
    private const int Sector = 8;

    /// <summary>Elements of one state, whole sectors.</summary>
    public static int Length(int valueDimension) => (valueDimension + 2 + Sector - 1) / Sector * Sector;
}
