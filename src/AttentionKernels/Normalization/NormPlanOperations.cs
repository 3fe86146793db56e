using AttentionKernels.Normalization;

namespace AttentionKernels;

/// <summary>Plans of norms and of their gradients.</summary>
public static class NormPlanOperations
{
    /// <typeparam name="T">The type of elements.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>Makes layer norm ready for rows of a size, alone or of a residual that is added first: compiles its kernels.</summary>
        /// <param name="rows">The most rows of a run.</param>
        /// <param name="hidden">Elements of a row.</param>
        /// <param name="format">How input, residual and output are stored.</param>
        /// <param name="options">The norm's options, ε above all; all defaults where <see langword="null"/>.</param>
        /// <returns>The plan.</returns>
        /// <exception cref="ArgumentException">A number is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> attended = device.Allocate&lt;Half>([16, 64]), residual = device.Allocate&lt;Half>(attended.Shape);
        /// using Tensor&lt;Half> normalized = device.Allocate&lt;Half>(attended.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
        /// NormPlan&lt;Half> plan = device.PlanLayerNorm(rows: 512, hidden: 64, NumberFormat.Float16);
        /// plan.RunAdd(attended, residual, weight, bias, normalized);                  // residual += attended; normalized = its norm
        /// </code>
        /// </example>
        public NormPlan<T> PlanLayerNorm(long rows, int hidden, NumberFormat<T> format, NormOptions? options = null) =>
            new(device, NormSize.OfRows(rows, hidden, isRms: false), format, options ?? new NormOptions());

        /// <summary>The same of RMS norm, which has no bias; weights may count from 1.</summary>
        /// <inheritdoc cref="PlanLayerNorm{T}" path="/param|/returns|/exception[not(contains(@cref, 'NotSupported'))]"/>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;BFloat16> hidden = device.Allocate&lt;BFloat16>([16, 64]);
        /// using Tensor&lt;BFloat16> normalized = device.Allocate&lt;BFloat16>(hidden.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
        /// NormPlan&lt;BFloat16> plan = device.PlanRmsNorm(rows: 512, hidden: 64, NumberFormat.BFloat16);
        /// plan.Run(hidden, weight, bias: null, normalized);                           // up to 512 rows
        /// </code>
        /// </example>
        public NormPlan<T> PlanRmsNorm(long rows, int hidden, NumberFormat<T> format, NormOptions? options = null) =>
            new(device, NormSize.OfRows(rows, hidden, isRms: true), format, options ?? new NormOptions());

        /// <summary>Makes group norm ready for samples of a size. With as many groups as channels it is instance norm.</summary>
        /// <param name="batch">The most samples of a run.</param>
        /// <param name="channels">Channels of a sample.</param>
        /// <param name="groups">Groups of channels; at least 1, and a divisor of channels.</param>
        /// <param name="format">How input and output are stored.</param>
        /// <param name="options">The norm's options, ε above all; all defaults where <see langword="null"/>.</param>
        /// <returns>The plan.</returns>
        /// <exception cref="ArgumentException">A number is out of range.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> images = device.Allocate&lt;Half>([8, 64, 14, 14]), normalized = device.Allocate&lt;Half>(images.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), bias = device.Allocate&lt;float>(weight.Shape);
        /// NormPlan&lt;Half> plan = device.PlanGroupNorm(8, channels: 64, groups: 32, NumberFormat.Float16);
        /// plan.Run(images, weight, bias, normalized);
        /// </code>
        /// </example>
        public NormPlan<T> PlanGroupNorm(
            int batch, int channels, int groups, NumberFormat<T> format, NormOptions? options = null) =>
            new(device, NormSize.OfGroups(batch, channels, groups), format, options ?? new NormOptions());

        /// <summary>Makes the gradients of layer norm ready for rows of a size: of input, weight and bias.</summary>
        /// <param name="rows">The most rows of a run.</param>
        /// <param name="hidden">Elements of a row.</param>
        /// <param name="format">How the input and its gradient are stored, and the gradient of the output.</param>
        /// <param name="options">The norm's options, ε above all; all defaults where <see langword="null"/>.</param>
        /// <returns>The plan; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">A number is out of range.</exception>
        /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;float> input = device.Allocate&lt;float>([16, 64]), outputGradient = device.Allocate&lt;float>(input.Shape);
        /// using Tensor&lt;float> inputGradient = device.Allocate&lt;float>(input.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), weightGradient = device.Allocate&lt;float>(weight.Shape);
        /// using Tensor&lt;float> biasGradient = device.Allocate&lt;float>(weight.Shape);
        /// using NormBackwardPlan&lt;float> plan = device.PlanLayerNormBackward(rows: 16, hidden: 64, NumberFormat.Float32);
        /// plan.Run(input, weight, outputGradient, inputGradient, new FeatureGradients(weightGradient, biasGradient));
        /// </code>
        /// </example>
        public NormBackwardPlan<T> PlanLayerNormBackward(
            long rows, int hidden, NumberFormat<T> format, NormOptions? options = null) =>
            new(device, NormSize.OfRows(rows, hidden, isRms: false), format, options ?? new NormOptions());

        /// <summary>The same of RMS norm, which has no bias; weights may count from 1.</summary>
        /// <inheritdoc cref="PlanLayerNormBackward{T}" path="/param|/returns|/exception[not(contains(@cref, 'NotSupported'))]"/>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;BFloat16> input = device.Allocate&lt;BFloat16>([16, 64]);
        /// using Tensor&lt;BFloat16> outputGradient = device.Allocate&lt;BFloat16>(input.Shape);
        /// using Tensor&lt;BFloat16> inputGradient = device.Allocate&lt;BFloat16>(input.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), weightGradient = device.Allocate&lt;float>(weight.Shape);
        /// using NormBackwardPlan&lt;BFloat16> plan = device.PlanRmsNormBackward(rows: 16, hidden: 64, NumberFormat.BFloat16);
        /// plan.Run(input, weight, outputGradient, inputGradient, new FeatureGradients(weightGradient));
        /// </code>
        /// </example>
        public NormBackwardPlan<T> PlanRmsNormBackward(
            long rows, int hidden, NumberFormat<T> format, NormOptions? options = null) =>
            new(device, NormSize.OfRows(rows, hidden, isRms: true), format, options ?? new NormOptions());

        /// <summary>Makes the gradients of group norm ready for samples of a size: of input, weight and bias. With as many groups as
        /// channels they are those of instance norm.</summary>
        /// <param name="batch">The most samples of a run.</param>
        /// <param name="channels">Channels of a sample.</param>
        /// <param name="groups">Groups of channels; at least 1, and a divisor of channels.</param>
        /// <param name="format">How the input and its gradient are stored, and the gradient of the output.</param>
        /// <param name="options">The norm's options, ε above all; all defaults where <see langword="null"/>.</param>
        /// <returns>The plan; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">A number is out of range.</exception>
        /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
        /// <exception cref="NotSupportedException">A forced schedule cannot run on the device, or weights count from 1.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> images = device.Allocate&lt;Half>([8, 64, 14, 14]);
        /// using Tensor&lt;Half> outputGradient = device.Allocate&lt;Half>(images.Shape);
        /// using Tensor&lt;Half> inputGradient = device.Allocate&lt;Half>(images.Shape);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]), weightGradient = device.Allocate&lt;float>(weight.Shape);
        /// using Tensor&lt;float> biasGradient = device.Allocate&lt;float>(weight.Shape);
        /// using NormBackwardPlan&lt;Half> plan = device.PlanGroupNormBackward(8, channels: 64, groups: 32, NumberFormat.Float16);
        /// plan.Run(images, weight, outputGradient, inputGradient, new FeatureGradients(weightGradient, biasGradient));
        /// </code>
        /// </example>
        public NormBackwardPlan<T> PlanGroupNormBackward(
            int batch, int channels, int groups, NumberFormat<T> format, NormOptions? options = null) =>
            new(device, NormSize.OfGroups(batch, channels, groups), format, options ?? new NormOptions());
    }
}
