namespace AttentionKernels;

/// <summary>
/// A driver has failed to queue or to complete a launch or a copy: the device was lost, a kernel of one's own has gone out of bounds, or
/// resources have run out. What was queued may be undone; where the driver goes on working, so does the device.
/// </summary>
/// <param name="message">What has failed, and the driver's code.</param>
/// <param name="innerException">The driver's own error, if there was one.</param>
public sealed class DeviceFailedException(string message, Exception? innerException = null)
    : Exception(message, innerException);
