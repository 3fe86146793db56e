using AttentionKernels.Devices;
using AttentionKernels.Normalization;
using AttentionKernels.Normalization.Kernels;
using AttentionKernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels;

public sealed partial class NormBackwardPlan<T>
{
    /// <summary>The tensors of the gradients of a norm, with a plan or without.</summary>
    internal readonly struct Gradients(
        AttentionDevice device, TensorView<T> input, TensorView<T> outputGradient, TensorView<T> inputGradient, FeatureGradients features)
    {
        /// <summary>Checks tensors of rows.</summary>
        public NormRows CheckRows(TensorView<float>? weight, int hidden, NormOptions options)
        {
            TensorShape shape = input.Shape;
            input.CheckInput(device, shape, nameof(input));
            outputGradient.CheckInput(device, shape, nameof(outputGradient));
            inputGradient.CheckOutput(device, shape, nameof(inputGradient));
            var grid = RowGrid.Of(
                shape, (input.Strides, nameof(input)), (outputGradient.Strides, nameof(outputGradient)),
                (inputGradient.Strides, nameof(inputGradient)));
            CheckFeatures(features, (weight, nameof(weight)), hidden);
            NormRows rows = NormChecks.Rows(grid, shape, input.Strides, inputGradient.Strides, options);
            rows.Addend = grid.Distances(outputGradient.Strides);
            rows.Weight = weight?.Data ?? None;
            rows.Bias = None;
            return rows;
        }

        /// <summary>Checks tensors of channels.</summary>
        public NormChannels CheckChannels((TensorView<float>? View, string Name) weight, NumberFormat<T> format, NormOptions options)
        {
            NormChannels task = device.CheckPlanes(
                input, (inputGradient, nameof(inputGradient)), format, (options.Epsilon, nameof(options)));
            NormChecks.NotFromOne(options);
            outputGradient.CheckInput(device, input.Shape, nameof(outputGradient));
            outputGradient.CheckDense(nameof(outputGradient));
            CheckFeatures(features, weight, task.Channels);
            task.Weight = weight.View?.Data ?? task.Weight;
            return task;
        }

        /// <summary>Checks a running statistic.</summary>
        public ArrayView<float> CheckStatistics(TensorView<float> statistics, int channels, string name)
        {
            statistics.CheckInput(device, [channels], name);
            inputGradient.CheckDisjoint(nameof(inputGradient), statistics.Footprint, name);
            features.Weight?.CheckDisjoint("features.Weight", statistics.Footprint, name);
            features.Bias?.CheckDisjoint("features.Bias", statistics.Footprint, name);
            return statistics.Data;
        }

        /// <summary>The call, of any format.</summary>
        public NormBackwardCall Call(AcceleratorStream? stream) => new(
            device, DeviceChecks.Stream(device, stream), input.Data.Cast<byte>(), outputGradient.Data.Cast<byte>(),
            inputGradient.Data.Cast<byte>(), features.Weight?.Data ?? None, features.Bias?.Data ?? None);

        // Drivers want real memory in the place of numbers that a kernel has none of.
        private ArrayView<float> None => inputGradient.Data.SubView(0, 0).Cast<float>();

        private void CheckFeatures(FeatureGradients features, (TensorView<float>? View, string Name) weight, int count)
        {
            weight.View?.CheckInput(device, [count], weight.Name);
            if (weight.View is null && features.Weight is not null)
                throw new ArgumentException("The gradient of a weight was asked for, without the weight.", nameof(features));
            if (weight.View is null && features.Bias is not null)
                throw new ArgumentException("The gradient of a bias was asked for, without a weight; give one of ones.", nameof(features));
            ReadOnlySpan<(Footprint? View, string Name)> read =
            [
                (input.Footprint, nameof(input)), (outputGradient.Footprint, nameof(outputGradient)), (weight.View?.Footprint, weight.Name),
            ];
            foreach ((Footprint? view, string name) in read)
            {
                if (view is { } given)
                    inputGradient.CheckDisjoint(nameof(inputGradient), given, name);
            }

            NormChecks.Results(
                device, count, read, (inputGradient.Footprint, nameof(inputGradient)),
                [(features.Weight, "features.Weight"), (features.Bias, "features.Bias")]);
        }
    }
}
