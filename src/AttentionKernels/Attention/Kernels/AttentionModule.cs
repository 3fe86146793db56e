using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using AttentionKernels.Simd;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Everything that attention kernels are generic over, once: the files beside this one hold the arguments, the tiles and the kernels, each
/// a part of this class. A plan's <see cref="KernelSet"/> closes the types.
/// </summary>
/// <typeparam name="TElement">The format of query and output.</typeparam>
/// <typeparam name="TLayout">Layout: at which offset a token lies.</typeparam>
/// <typeparam name="TWork">Work: which tiles there are, and where their results go.</typeparam>
/// <typeparam name="TKey">The format of keys.</typeparam>
/// <typeparam name="TValue">The format of values.</typeparam>
/// <typeparam name="TMask">Variant: which keys a query attends to.</typeparam>
/// <typeparam name="TModifier">Variant: what becomes of a score.</typeparam>
/// <typeparam name="TVector">Vector schedule: the vectors of the device. The Simt schedule does not look at it.</typeparam>
internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
    where TElement : unmanaged, IElement<TElement>
    where TLayout : struct, ILayout<TLayout>
    where TWork : struct, IWork<TWork>
    where TKey : unmanaged, IFormat<TKey>
    where TValue : unmanaged, IFormat<TValue>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
    where TVector : struct, IVector<TVector>
{
    /// <summary>Lanes of a panel of queries: two vectors.</summary>
    private static int Panel => 2 * TVector.Lanes;

    /// <summary>Whether a mask's ranges and products, plain or by a formula, say all about scores, so that kernels of the Vector schedule
    /// need not ask about each.</summary>
    private static bool RangesSayAll => TMask.RangeIsExact && ScoresNeedNoPosition;

    /// <summary>The same of the scores of a tile: where the mask lets all of it through, there is nothing to ask either.</summary>
    private static bool NothingIsAsked(TileCoverage coverage) =>
        RangesSayAll || (ScoresNeedNoPosition && coverage is TileCoverage.Full or TileCoverage.InRanges);

    // Whether micro-kernels have all that the modifier does to a score.
    private static bool ScoresNeedNoPosition => !TModifier.AsksEachScore;

    /// <summary>Terms that the Vector schedule keeps of each row.</summary>
    private static int Terms => TModifier.HasFormula ? RowTerms.Count : 0;
}
