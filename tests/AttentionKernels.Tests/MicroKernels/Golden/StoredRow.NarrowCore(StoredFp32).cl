{
    // StoredRow.NarrowCore<StoredFp32>
    global float* row = var0;
    const float factor = var1;
    global float* target = (global float*)var2;
    const int count = var3;
    for (int i = 0; i < count; i++) {
        const float x = factor * row[i];
        (target)[i] = x;
    }
}
