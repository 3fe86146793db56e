using ILGPU;

namespace AttentionKernels.KeyValueCache.Kernels;

/// <summary>What <see cref="CheckBlockTable"/> takes.</summary>
internal struct CheckBlockTableArguments
{
    [KernelInput]
    public ArrayView<int> BlockTable;
    [KernelInput]
    public ArrayView<int> KeyLengths;
    [KernelInput]
    public ArrayView<int> QueryStarts;

    /// <summary>For each sequence its length, or 0 where something is wrong with it.</summary>
    public ArrayView<int> CheckedLengths;

    /// <summary>For each sequence 1 where something is wrong with it, 0 otherwise.</summary>
    public ArrayView<int> Faults;
    public int PagesPerSequence;
    public int PageSize;
    public int Pages;
}

/// <summary>
/// Checks the rows of a block table that the host does not have. A sequence with a length that its row has no room for, with fewer keys
/// than queries, or with an entry that is no page is left without keys, so that kernels read none of its entries.
/// </summary>
/// <remarks>Tile: one sequence.</remarks>
internal readonly struct CheckBlockTable : ITileKernel<CheckBlockTableArguments>
{
    public static void Run(CheckBlockTableArguments arguments, long tile, ArrayView<float> scratch)
    {
        int length = arguments.KeyLengths[tile];
        int queries = arguments.QueryStarts[tile + 1] - arguments.QueryStarts[tile];
        bool isRight = length >= queries && length <= (long)arguments.PagesPerSequence * arguments.PageSize;
        int pages = isRight ? (length + arguments.PageSize - 1) / arguments.PageSize : 0;
        for (int page = 0; page < pages; page++)
        {
            int entry = arguments.BlockTable[(tile * arguments.PagesPerSequence) + page];
            isRight &= entry >= 0 && entry < arguments.Pages;
        }

        arguments.CheckedLengths[tile] = isRight ? length : 0;
        arguments.Faults[tile] = isRight ? 0 : 1;
    }
}
