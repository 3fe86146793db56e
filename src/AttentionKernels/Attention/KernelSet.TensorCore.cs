using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal sealed partial class KernelSet
    {
        // Numbers that the kernel copies at once.
        private const int CopiedNumbers = TileCopy.Numbers;

        // Numbers of a row of keys or values that a lane loads at once when it decodes.
        private const int DecodedNumbers = TensorCoreTiles.DimensionStep;

        // One kernel takes items whose rows have partial states and those whose have none, but for decoding.
        private Pass[] LoadTensorCore()
        {
            if (Decision.DecodesByTensorCores)
            {
                Pass decode = LoadTensorCoreDecode().Where(static item => item.HasStates);
                Pass merge = Groups<MergeStatesSimt>(MergeStatesSimt.Grid).OfMerges();
                return Decision.SplitQueries == Problem.MaximumQueries
                    ? [decode, merge]
                    : [decode, LoadOfManyRows().Where(static item => !item.HasStates), merge];
            }

            Pass attend = LoadTensorCoreAttention();
            return Decision.Algorithm == AttentionAlgorithm.SplitKv && Decision.States > 1
                ? [attend, Groups<MergeStatesSimt>(MergeStatesSimt.Grid).OfMerges()]
                : [attend];
        }

        private Pass LoadOfManyRows() =>
            TensorCoreTiles.Refusal(Device, Problem, _template.Scale) is null ? LoadTensorCoreAttention() : LoadTiledSimt();

        private Pass LoadTensorCoreDecode()
        {
            int blocks = TensorCoreTiles.DecodeBlocks(Problem);
            Type regular = TensorCoreTiles.AreWhole(Problem) ? typeof(WholeRows) : typeof(RegularRows);
            return Aligned(
                DecodedNumbers, () => LoadTensorCoreDecode(blocks, regular), () => LoadTensorCoreDecode(blocks, typeof(AnyRows)));
        }

        private Pass LoadTensorCoreDecode(int blocks, Type access) => Load(
            typeof(AttentionModule<,,,,,,,>.TensorCoreDecode<,>.Loader),
            blocks switch { 1 => typeof(OneBlock), 2 => typeof(TwoBlocks), 3 => typeof(ThreeBlocks), _ => typeof(FourBlocks) }, access);

        // The kernel for most runs is compiled now. Where memory begins, and whether log-sum-exp is asked for, is known when a plan is run:
        // the others are compiled for the first run that needs them.
        private Pass LoadTensorCoreAttention()
        {
            var exact = LazyKernel(typeof(TensorCore<>.SumsByAddition), typeof(RegularRows));
            var any = LazyKernel(typeof(TensorCore<>.SumsByAddition), typeof(AnyRows));
            TensorCoreKernel usual = SumsByProduct
                ? LoadTensorCore(typeof(TensorCore<>.SumsByProduct), typeof(RegularRows))
                : exact.Value;
            return OfGroups(usual.Grid, (stream, arguments, tiles) => Kernel(arguments).Run(stream, arguments, tiles));

            TensorCoreKernel Kernel(Arguments arguments)
            {
                if (!arguments.AreAligned(CopiedNumbers) || !arguments.HaveShortOffsets(CopiedNumbers))
                    return any.Value;
                return arguments.LogSumExp.Length > 0 ? exact.Value : usual;
            }
        }

        // What could not be compiled is tried again.
        private Lazy<TensorCoreKernel> LazyKernel(Type sums, Type access) =>
            new(() => LoadTensorCore(sums, access), LazyThreadSafetyMode.PublicationOnly);

        // Of narrow heads sums are a fifth of all instructions. Where a log-sum-exp or a partial state needs them, they stay exact: states
        // are of split keys, which beside decoding are those of few queries. Where values have scales, weights are not rounded as they are
        // summed up.
        private bool SumsByProduct => Problem.ValueDimension <= TileSizes.TensorCoreNarrow && !TValue.IsScaled &&
            (Decision.Algorithm == AttentionAlgorithm.Tiled || Decision.DecodesByTensorCores);

        private TensorCoreKernel LoadTensorCore(Type sums, Type access) => ClosedTypes.Create<TensorCoreKernel>(
            typeof(AttentionModule<,,,,,,,>.TensorCoreAttention<,,,,>.Kernel),
            [
                .. GetType().GenericTypeArguments,
                .. TensorCoreTiles.Of(typeof(TElement), Problem.HeadDimension, Problem.ValueDimension, sums),
                access,
            ],
            Device);
    }

    /// <content>Loading.</content>
    internal readonly partial struct TensorCoreDecode<TBlocks, TAccess>
    {
        /// <inheritdoc/>
        internal sealed class Loader : KernelSet.PassLoader
        {
            /// <inheritdoc/>
            public override KernelSet.Pass Load(KernelSet kernels) => kernels.Groups<TensorCoreDecode<TBlocks, TAccess>>(Grid);
        }
    }
}
