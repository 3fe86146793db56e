using AttentionKernels.Attention.Work;
using AttentionKernels.Formats;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Kernels;

/// <summary>
/// Queries that are stored quantised, as those of the output's format, which has each of their numbers exactly: q[b, t, h, d] =
/// stored[b, t, h, d]. Their scales go beside them, [b, h, t], for a modifier of scores (<see cref="Variants.QueryScales"/>).
/// </summary>
/// <remarks>Tile: a run of numbers of one row, a single one on a GPU and all of them on a processor. The first run of a row stores its
/// scale. It is no kernel of <c>AttentionModule</c>: all kernels there take what it writes, whatever mask and modifier are.</remarks>
/// <typeparam name="TElement">The format of query and output.</typeparam>
/// <typeparam name="TStored">How queries are stored: a format that keys can have.</typeparam>
internal readonly struct WidenQueries<TElement, TStored> : ITileKernel<WidenQueries<TElement, TStored>.Arguments>
    where TElement : unmanaged, IElement<TElement>
    where TStored : unmanaged, IFormat<TStored>
{
    public static void Run(Arguments arguments, long tile, ArrayView<float> scratch)
    {
        RowRun run = arguments.Runs.At(tile);
        long stored = arguments.StoredStrides.Offset(run.Batch, run.Query, run.Head);
        long query = arguments.QueryStrides.Offset(run.Batch, run.Query, run.Head);
        for (int number = run.First; number < run.End; number++)
            arguments.Query[query + number] = TElement.Narrow(TStored.Widen(arguments.Stored[stored + number], 0));
        if (run.First == 0)
        {
            arguments.QueryScales[arguments.QueryScaleStrides.Offset(run.Batch, run.Query, run.Head)] =
                arguments.Scales[arguments.ScaleStrides.Offset(run.Batch, run.Query, run.Head)];
        }
    }

    /// <summary>What the kernel takes.</summary>
    internal struct Arguments
    {
        [KernelInput]
        public ArrayView<TStored> Stored;
        public RowStrides StoredStrides;
        [KernelInput]
        public ArrayView<float> Scales;
        public RowStrides ScaleStrides;
        public ArrayView<TElement> Query;
        public RowStrides QueryStrides;
        public ArrayView<float> QueryScales;
        public RowStrides QueryScaleStrides;

        /// <summary>The rows of the query, in runs.</summary>
        public RowRuns Runs;
    }

    /// <summary>The kernel, compiled for a device.</summary>
    internal sealed class Loaded(AttentionDevice device) : QueryWidening
    {
        private readonly TileKernel<WidenQueries<TElement, TStored>, Arguments> _kernel =
            device.LoadTileKernel<WidenQueries<TElement, TStored>, Arguments>();

        /// <inheritdoc/>
        public override void Run(AcceleratorStream stream, in QueryRows stored, in QueryRows widened, RowRuns runs)
        {
            var arguments = new Arguments
            {
                Stored = stored.Numbers.Cast<TStored>(),
                StoredStrides = stored.Strides,
                Scales = stored.Scales,
                ScaleStrides = stored.ScaleStrides,
                Query = widened.Numbers.Cast<TElement>(),
                QueryStrides = widened.Strides,
                QueryScales = widened.Scales,
                QueryScaleStrides = widened.ScaleStrides,
                Runs = runs,
            };
            _kernel.Run(stream, arguments, runs.Count);
        }
    }
}
