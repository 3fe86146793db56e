using AttentionKernels.Attention.Work;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal sealed partial class KernelSet
    {
        // Numbers that the tiled kernel loads at once.
        private const int LoadedNumbers = 4;

        // Where memory begins is known when a plan is run: the kernel for rows that begin anywhere is compiled for the first run that needs
        // it, or now where every run does.
        private Pass LoadTiledSimt()
        {
            if (Problem.HeadDimension % LoadedNumbers != 0 || Problem.ValueDimension % LoadedNumbers != 0)
                return TiledSimt<AnyRows>.Load(this);
            Pass regular = TiledSimt<RegularRows>.Load(this);
            var any = new Lazy<Pass>(() => TiledSimt<AnyRows>.Load(this));
            return new Pass(regular.Grid, (stream, arguments, tiles) =>
                (arguments.AreAligned(LoadedNumbers) ? regular : any.Value).Run(stream, arguments, tiles));
        }

        private Pass LoadSplitKvSimt() => Blocks(SimtDecode.BlockColumns) switch
        {
            1 => Groups<SplitKvDecodeSimt<DecodeBlock>>(SplitKvDecodeSimt<DecodeBlock>.Grid),
            2 => Groups<SplitKvDecodeSimt<DecodePair<DecodeBlock>>>(SplitKvDecodeSimt<DecodePair<DecodeBlock>>.Grid),
            _ => Groups<SplitKvDecodeSimt<DecodePair<DecodePair<DecodeBlock>>>>(
                SplitKvDecodeSimt<DecodePair<DecodePair<DecodeBlock>>>.Grid),
        };

        /// <summary>The blocks of so many columns that an output has.</summary>
        internal int Blocks(int columns) => TileSizes.Tiles(Problem.ValueDimension, columns);
    }

    /// <content>Loading.</content>
    internal static partial class TiledSimt<TAccess>
    {
        /// <summary>The kernel of a plan.</summary>
        public static KernelSet.Pass Load(KernelSet kernels) => kernels.Blocks(BlockColumns) == 1
            ? kernels.Groups<TiledAttentionSimt<OutputBlock>>(TiledAttentionSimt<OutputBlock>.Grid)
            : kernels.Groups<TiledAttentionSimt<OutputPair>>(TiledAttentionSimt<OutputPair>.Grid);
    }
}
