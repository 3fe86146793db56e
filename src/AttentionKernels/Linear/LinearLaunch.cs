using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU.Runtime;

namespace AttentionKernels.Linear.Kernels;

/// <content>The launches.</content>
internal static partial class LinearModule<TActivation, TWeight>
{
    private static LinearArguments Arguments(in LinearCall call, LinearSizes sizes) => new()
    {
        Input = call.Input.Cast<TActivation>(),
        Weight = call.Weight.Cast<TWeight>(),
        Bias = call.Bias,
        Output = call.Output.Cast<TActivation>(),
        Sizes = sizes,
    };

    /// <summary>The kernels of these formats.</summary>
    internal sealed class LinearSet : LinearLayers
    {
        protected override LinearKernels Simt(AttentionDevice device) => device.Keep(static device => new SimtKernels(device));

        protected override LinearKernels Vector(AttentionDevice device) => device.Keep(static device => new VectorKernels(device));
    }

    internal static partial class Simt<TAccess>
    {
        /// <summary>The kernels of an access.</summary>
        internal sealed class Kernels(AttentionDevice device)
        {
            private GroupKernel<LinearSimt, LinearArguments>? _few;
            private GroupKernel<LinearTiledSimt, LinearArguments>? _many;

            private GroupKernel<LinearSimt, LinearArguments> Few => _few ??= device.LoadGroupKernel<LinearSimt, LinearArguments>();

            private GroupKernel<LinearTiledSimt, LinearArguments> Many =>
                _many ??= device.LoadGroupKernel<LinearTiledSimt, LinearArguments>();

            /// <summary>Compiles the kernels for at most so many tokens.</summary>
            public void Compile(int tokens)
            {
                _ = Few;
                if (!LinearTileSizes.AreFew(tokens))
                    _ = Many;
            }

            /// <summary>Queues the kernel for so many tokens.</summary>
            public void Run(AcceleratorStream stream, LinearArguments arguments)
            {
                ref LinearSizes sizes = ref arguments.Sizes;
                if (LinearTileSizes.AreFew(sizes.Tokens))
                {
                    sizes.TokensPerTile = LinearTileSizes.FewTokens;
                    sizes.RowsPerTile = LinearTileSizes.FewRows;
                    Few.Run(stream, arguments, LinearTile.Count(sizes));
                    return;
                }

                sizes.TokensPerTile = LinearTileSizes.ManyTokens;
                sizes.RowsPerTile = LinearTileSizes.ManyRows;
                Many.Run(stream, arguments, LinearTile.Count(sizes));
            }
        }
    }

    private sealed class SimtKernels(AttentionDevice device) : LinearKernels
    {
        private readonly Simt<RegularRows>.Kernels _regular = new(device);
        private readonly Simt<AnyRows>.Kernels _any = new(device);

        public override KernelSchedule Schedule => KernelSchedule.Simt;

        public override void Prepare(LinearSizes most)
        {
            if (most.HaveWholeFours())
                _regular.Compile(most.Tokens);
            else
                _any.Compile(most.Tokens);
        }

        public override IEnumerable<string> Explain(LinearSizes most) =>
        [
            $"up to {LinearTileSizes.MostOfFewTokens} tokens: a skinny GEMM, tiles of {LinearTileSizes.FewTokens} tokens and " +
            $"{LinearTileSizes.FewRows} rows; it is bound by the memory of the weight",
            LinearTileSizes.AreFew(most.Tokens)
                ? "more tokens: not planned"
                : $"more tokens: a GEMM, tiles of {LinearTileSizes.ManyTokens} tokens and {LinearTileSizes.ManyRows} rows",
            most.HaveWholeFours()
                ? "columns: four at once, where input and weight begin at multiples of four numbers"
                : $"columns: one by one, {most.Columns} are no multiple of four",
        ];

        public override void Run(in LinearCall call, LinearSizes sizes)
        {
            LinearArguments arguments = Arguments(call, sizes);
            if (arguments.AreRegular())
                _regular.Run(call.Stream, arguments);
            else
                _any.Run(call.Stream, arguments);
        }
    }

    private sealed class VectorKernels(AttentionDevice device) : LinearKernels
    {
        private readonly ScratchMemory _scratch = new(device);
        private ILoadedTiles<LinearArguments>? _tiles;

        public override KernelSchedule Schedule => KernelSchedule.Vector;

        private ILoadedTiles<LinearArguments> Tiles => _tiles ??= device.LoadVectorKernel<LinearVector<Fp32x4>, LinearArguments>();

        public override void Prepare(LinearSizes most)
        {
            _ = Tiles;
            int length = ScratchLength(Divided(most));
            if (length > 0)
                _scratch.Return(_scratch.Take(length));
        }

        public override IEnumerable<string> Explain(LinearSizes most)
        {
            LinearSizes sizes = Divided(most);
            int length = ScratchLength(sizes);
            return
            [
                $"tiles of up to {sizes.TokensPerTile} tokens and {sizes.RowsPerTile} rows, for {device.Workers} workers",
                length == 0
                    ? "no scratch memory: sums are stored as they are"
                    : $"scratch memory {sizeof(float) * (long)length * device.Workers:N0} bytes: a tile's tokens are widened there, and " +
                    "its sums are rounded last",
            ];
        }

        public override void Run(in LinearCall call, LinearSizes sizes)
        {
            LinearArguments arguments = Arguments(call, Divided(sizes));
            long tiles = LinearTile.Count(arguments.Sizes);
            int length = ScratchLength(arguments.Sizes);
            if (length == 0)
            {
                Tiles.Run(call.Stream, arguments, tiles);
                return;
            }

            Tensor<float> scratch = _scratch.Take(length);
            try
            {
                Tiles.Run(call.Stream, arguments, tiles, scratch.View.Data, length);
            }
            finally
            {
                _scratch.Return(scratch);
            }
        }

        private static int ScratchLength(LinearSizes divided) =>
            ScratchMemory.Length(LinearVector<Fp32x4>.ScratchLength(divided));

        private LinearSizes Divided(LinearSizes sizes) => LinearVector<Fp32x4>.Divided(sizes, device.Workers);
    }
}
