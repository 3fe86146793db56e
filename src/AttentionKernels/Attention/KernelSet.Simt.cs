using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal sealed partial class KernelSet
    {
        // Numbers that the tiled kernel loads at once.
        private const int LoadedNumbers = 4;

        private Pass LoadTiledSimt() =>
            Aligned(LoadedNumbers, () => TiledSimt<RegularRows>.Load(this), () => TiledSimt<AnyRows>.Load(this));

        private Pass LoadSplitKvSimt() => Aligned(
            SimtDecode<RegularRows, OneRow>.LoadedNumbers, () => LoadSplitKvSimt(typeof(RegularRows)),
            () => LoadSplitKvSimt(typeof(AnyRows)));

        private Pass LoadSplitKvSimt(Type access)
        {
            long rows = (long)_template.HeadGroup * Decision.ItemQueries;
            return Load(
                typeof(AttentionModule<,,,,,,,>.SimtDecode<,>.Loader), access,
                Rows(TileSizes.SimtDecodeRowsOf(rows, Problem.ValueDimension)));

            static Type Rows(int count) => count == 1 ? typeof(OneRow) : ClosedTypes.Close(typeof(RowPair<>), Rows(count / 2));
        }

        // Where memory begins is known when a plan is run: the kernel for rows that begin anywhere is compiled for the first run that needs
        // it, or now where every run does.
        private Pass Aligned(int numbers, Func<Pass> regularRows, Func<Pass> anyRows)
        {
            if (Problem.HeadDimension % numbers != 0 || Problem.ValueDimension % numbers != 0)
                return anyRows();
            Pass regular = regularRows();
            var any = new Lazy<Pass>(anyRows, LazyThreadSafetyMode.PublicationOnly);
            return new Pass(regular.Grid, (stream, arguments, tiles) =>
                (arguments.AreAligned(numbers) ? regular : any.Value).Run(stream, arguments, tiles));
        }

        private Pass Load(Type loader, params Type[] choices) =>
            ClosedTypes.Create<PassLoader>(loader, [.. GetType().GenericTypeArguments, .. choices]).Load(this);

        /// <summary>Loads a kernel whose types are known as values when a plan is made.</summary>
        internal abstract class PassLoader
        {
            /// <summary>The kernel of a plan.</summary>
            public abstract Pass Load(KernelSet kernels);
        }

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

    /// <content>Loading.</content>
    internal static partial class SimtDecode<TAccess, TTile>
    {
        /// <inheritdoc/>
        internal sealed class Loader : KernelSet.PassLoader
        {
            /// <inheritdoc/>
            public override KernelSet.Pass Load(KernelSet kernels) => kernels.Blocks(Columns) switch
            {
                1 => kernels.Groups<SplitKvDecodeSimt<OutputBlock>>(SplitKvDecodeSimt<OutputBlock>.Grid),
                2 => kernels.Groups<SplitKvDecodeSimt<OutputPair<OutputBlock>>>(SplitKvDecodeSimt<OutputPair<OutputBlock>>.Grid),
                _ => kernels.Groups<SplitKvDecodeSimt<OutputPair<OutputPair<OutputBlock>>>>(
                    SplitKvDecodeSimt<OutputPair<OutputPair<OutputBlock>>>.Grid),
            };
        }
    }
}
