// Training in one include: the loop, all callbacks, the files.
#pragma once
#include "keratin/training/class_weights.h"
#include "keratin/training/csv_logger.h"
#include "keratin/training/early_stopping.h"
#include "keratin/training/fit.h"
#include "keratin/training/model_checkpoint.h"
#include "keratin/training/npz_reader.h"
#include "keratin/training/progress_bar.h"
#include "keratin/training/reduce_lr_on_plateau.h"
#include "keratin/training/tensorboard.h"
